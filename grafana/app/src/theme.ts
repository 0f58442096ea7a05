import { config } from '@grafana/runtime';
import type { CSSProperties } from 'react';

/** The colours of Grafana's theme of today as variables of the style sheet. */
export function themeVariables(): CSSProperties {
  const { colors, isDark } = config.theme2;
  return {
    '--text': colors.text.primary,
    '--quiet': colors.text.secondary,
    '--ground': colors.background.primary,
    '--raised': colors.background.secondary,
    '--field': isDark ? colors.background.canvas : colors.background.primary,
    '--line': colors.border.medium,
    '--outline': colors.border.strong,
    '--action': colors.primary.main,
    '--on-action': colors.primary.contrastText,
    '--link': colors.primary.text,
    '--good': colors.success.text,
    '--bad': colors.error.text,
    '--danger': colors.error.main,
    '--on-danger': colors.error.contrastText,
    '--warn': colors.warning.text,
    '--news': colors.info.text,
    colorScheme: isDark ? 'dark' : 'light',
  } as CSSProperties;
}

export const styleSheet = `
.hqsync { height: 100%; overflow: auto; color: var(--text); font-size: 14px; line-height: 1.45; }
.hqsync *, .hqsync dialog { box-sizing: border-box; }
.hqsync h4 { font-size: 14px; font-weight: 500; margin: 12px 0 4px; }
.hqsync p { margin: 0 0 6px; }
.hqsync .quiet { color: var(--quiet); }
.hqsync .good { color: var(--good); } .hqsync .bad { color: var(--bad); }
.hqsync .warn { color: var(--warn); } .hqsync .news { color: var(--news); }
.hqsync .row { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; margin: 0 0 8px; }
.hqsync .state { font-weight: 500; white-space: nowrap; }
.hqsync ul { list-style: none; margin: 0; padding: 0; }
.hqsync li.item { border-top: 1px solid var(--line); padding: 8px 0; }
.hqsync li.item p { overflow-wrap: anywhere; }
.hqsync button { font: inherit; padding: 4px 12px; min-height: 32px; border: 1px solid var(--outline); border-radius: 2px;
  background: var(--raised); color: var(--text); cursor: pointer; }
.hqsync button.primary { background: var(--action); color: var(--on-action); border-color: var(--action); }
.hqsync button.danger { background: var(--danger); color: var(--on-danger); border-color: var(--danger); }
.hqsync button:disabled { opacity: .6; cursor: default; }
.hqsync :is(button, input, select, textarea, summary, dialog):focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.hqsync fieldset { border: 0; margin: 0 0 8px; padding: 0; min-width: 0; }
.hqsync legend { float: none; width: auto; font-size: 14px; border: 0; margin: 0 0 4px; padding: 0; color: var(--quiet); }
.hqsync label { display: inline-flex; align-items: center; gap: 6px; margin: 0; font-weight: 400; }
.hqsync .field { display: flex; flex-direction: column; align-items: stretch; gap: 2px; margin: 0 0 8px; }
.hqsync :is(input:not([type=checkbox]), select, textarea) { font: inherit; color: var(--text); background: var(--field);
  border: 1px solid var(--outline); border-radius: 2px; padding: 4px 8px; max-width: 100%; min-height: 32px; }
.hqsync .field textarea, .hqsync code.secret { font-family: monospace; font-size: 13px; width: 100%; }
.hqsync code.secret { display: block; padding: 8px; border: 1px solid var(--outline); background: var(--field); color: var(--text);
  overflow-wrap: anywhere; white-space: pre-wrap; user-select: all; margin: 0 0 8px; }
.hqsync pre { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 180px; overflow: auto; font-size: 12px; padding: 8px; margin: 0 0 8px;
  color: var(--text); background: var(--field); border: 1px solid var(--line); }
.hqsync progress { appearance: none; width: 100%; height: 12px; border: 1px solid var(--outline); border-radius: 2px; background: var(--field); }
.hqsync progress::-webkit-progress-bar { background: var(--field); }
.hqsync progress::-webkit-progress-value { background: var(--action); }
.hqsync progress::-moz-progress-bar { background: var(--action); }
.hqsync summary { cursor: pointer; color: var(--link); list-style: none; margin: 0 0 6px; }
.hqsync summary::-webkit-details-marker { display: none; }
.hqsync summary::before { content: '▸ '; } .hqsync details[open] > summary::before { content: '▾ '; }
.hqsync .result:empty { display: none; }
.hqsync .result { padding: 4px 0 8px; }
.hqsync dialog { width: min(560px, calc(100vw - 32px)); max-height: calc(100vh - 32px); overflow: auto; padding: 20px; margin: auto;
  color: var(--text); background: var(--ground); border: 1px solid var(--outline); border-radius: 4px; }
.hqsync dialog::backdrop { background: rgb(0 0 0 / .55); }
.hqsync dialog h3 { font-size: 18px; margin: 0 0 12px; overflow-wrap: anywhere; }
.hqsync dialog .row { margin: 12px 0 0; justify-content: flex-end; }
`;
