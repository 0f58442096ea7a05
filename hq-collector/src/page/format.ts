import { html, type Html } from './html.js';
import { formatMoney } from './money.js';
import type { Verdict } from './status.js';

/** An instant. The page's script shows how long ago it was, or how soon it is; without it, it is the time in UTC. */
export function ago(at: string | null, never = 'never'): Html {
  if (at === null) return html`<span class="none">${never}</span>`;
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}" data-ago title="${utc(iso)}">${utc(iso)}</time>`;
}

/** An instant by the store's own clock: `Nov 23, 09:15`. */
export function storeTime(at: string, timezone: string): Html {
  const date = new Date(at);
  const parts = {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  } as const;
  const text = new Intl.DateTimeFormat('en-US', { ...parts, timeZone: timezone }).format(date);
  return html`<time datetime="${date.toISOString()}" title="${utc(date.toISOString())}">${text}</time>`;
}

const utc = (iso: string) => `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;

export const dash = html`<span class="none">–</span>`;

const wholeNumber = new Intl.NumberFormat('en-US');

/** A number of things; 0 is there but faint, so that the others stand out. */
export function count(value: number | null): Html {
  if (value === null) return dash;
  return value === 0 ? html`<span class="none">0</span>` : html`${wholeNumber.format(value)}`;
}

/** @param minor minor units as PostgreSQL writes them: a whole number of any size. */
export function money(minor: string, currency: string): Html {
  const amount = formatMoney(BigInt(minor), currency);
  return /^-?0+$/.test(minor) ? html`<span class="none">${amount}</span>` : html`${amount}`;
}

export function bytes(value: number | null): string {
  if (value === null) return '–';
  return value < 1_000_000 ? `${Math.ceil(value / 1_000)} kB` : `${Math.round(value / 1_000_000)} MB`;
}

/** The status, and beside it what stands there while the page has no proof; the style sheet shows one of them. */
export function badge({ icon, word, tone }: Verdict, solid: boolean): Html {
  return html`<span class="badge ${tone}${solid && ' solid'} proven"
      ><span aria-hidden="true">${icon}</span> ${word}</span
    ><span class="badge warn unproven"><span aria-hidden="true">?</span> unknown</span>`;
}

/** `inventory_adjustments` as people say it. */
export const words = (name: string) => name.replaceAll('_', ' ');
