import { count, money } from './format.js';
import { html, type Content, type Html } from './html.js';

/** Stores by what they are; amounts are minor units as text, apart for each currency. */
export interface Summary {
  readonly total: number;
  readonly withServer: number;
  readonly connected: number;
  readonly expected: number;
  readonly expectedConnected: number;
  readonly missing: number;
  readonly unknown: number;
  readonly errorsOpen: number;
  readonly storesWithErrors: number;
  readonly quarantined: number;
  readonly stale: number;
  readonly trade: readonly {
    readonly currency: string;
    readonly salesCount: number;
    readonly grossMinor: string;
    readonly taxMinor: string;
    readonly discountMinor: string;
    readonly voidCount: number;
    readonly voidMinor: string;
  }[];
}

/** The figures above the list; `data-title` is what the window is called. */
export function renderSummary(summary: Summary): Html {
  const { missing, unknown, errorsOpen, stale } = summary;
  const title = missing > 0 ? `✖ ${missing} disconnected · Stores · HQ` : 'Stores · HQ';
  return html`<dl class="tiles" data-piece="summary" data-title="${title}">
    ${tile(
      'Connected',
      html`${summary.connected}<span class="of"> of ${summary.withServer}</span>`,
      missing + unknown > 0 ? 'quiet' : 'good',
      [
        `${summary.expectedConnected} of ${summary.expected} expected online`,
        plural(summary.total, 'store') +
          (summary.total > summary.withServer
            ? `, ${summary.total - summary.withServer} without a server`
            : ''),
      ],
    )}
    ${tile('Disconnected', count(missing), missing > 0 ? 'bad' : 'quiet', [
      missing > 0 ? '✖ though open now' : 'of those open now',
      unknown > 0 && `? ${unknown} unknown`,
    ])}
    ${tile('Open errors', count(errorsOpen), errorsOpen > 0 ? 'warn' : 'quiet', [
      errorsOpen > 0
        ? `at ${plural(summary.storesWithErrors, 'store')}`
        : 'failed operations that need a look',
      summary.quarantined > 0 && `${plural(summary.quarantined, 'record')} in quarantine`,
    ])}
    ${tile('Stale', count(stale), stale > 0 ? 'warn' : 'quiet', ['connected, but behind or without a sync for 10 min'])}
    ${summary.trade.map((today) =>
      tile(`Revenue today, ${today.currency}`, money(today.grossMinor, today.currency), 'quiet', [
        html`${plural(today.salesCount, 'sale')} · tax ${money(today.taxMinor, today.currency)}`,
        html`discounts ${money(today.discountMinor, today.currency)}`,
        html`${plural(today.voidCount, 'void')} ${money(today.voidMinor, today.currency)}`,
      ]),
    )}
  </dl>`;
}

function tile(label: string, figure: Content, tone: string, notes: readonly Content[]): Html {
  return html`<div class="tile ${tone}">
    <dt>${label}</dt>
    <dd class="figure">${figure}</dd>
    ${notes.filter(Boolean).map((note) => html`<dd class="note">${note}</dd>`)}
  </div>`;
}

const plural = (value: number, word: string) =>
  `${value.toLocaleString('en-US')} ${word}${value === 1 ? '' : 's'}`;
