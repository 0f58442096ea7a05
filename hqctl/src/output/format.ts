import { formatMoney } from '@hq-sync/hq-collector/page/money';
import type { Row } from '../command.js';

/** A field's value as people read it; null and what is missing are a dash. */
export type Format = (value: unknown, row: Row) => string;

export const dash = '–';

export const text: Format = (value) => String(value);
export const yesNo: Format = (value) => (value === true ? 'yes' : 'no');
export const names: Format = (value) => (value as readonly string[]).join(', ') || dash;
/** `inventory_adjustments` as people say it. */
export const words: Format = (value) => String(value).replaceAll('_', ' ');
export const percent: Format = (value) => `${String(value)} %`;

const numbers = new Intl.NumberFormat('en-US');
export const count: Format = (value) => numbers.format(Number(value));

/** Minor units in the row's currency, exactly. */
export const money: Format = (value, row) => formatMoney(BigInt(value as number), String(row['currency']));

/** The same without the minor units of large amounts. */
export const roundMoney: Format = (value, row) =>
  formatMoney(BigInt(value as number), String(row['currency']), true);

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'];
/** `512 B`, `1.5 kB`, `96 MB`: powers of 1,000. */
export const bytes: Format = (value) => {
  let amount = Number(value);
  let unit = 0;
  while (amount >= 999.5 && unit < byteUnits.length - 1) {
    amount /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || amount >= 9.95 ? Math.round(amount) : amount.toFixed(1)} ${byteUnits[unit]}`;
};

export const perSecond: Format = (value, row) => `${bytes(value, row)}/s`;

/** `45 s`, `12 min`, `5 h`, `2 d`: the unit that tells enough. */
export const duration: Format = (value) => {
  const seconds = Math.max(0, Math.floor(Number(value)));
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 100 * 60) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3_600) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
};

/** How long ago, or how soon: `3 min ago`, `in 2 h`. */
export const age: Format = (value, row) => {
  const secondsAgo = (Date.now() - Date.parse(String(value))) / 1_000;
  // What begins in 3 h is not "in 2 h" a moment later.
  return secondsAgo < 0
    ? `in ${duration(Math.ceil(-secondsAgo / 60) * 60, row)}`
    : `${duration(secondsAgo, row)} ago`;
};

/** By this machine's clock and zone: `Nov 23 09:15`, with its year where that is another one. */
export const localTime: Format = (value) => {
  const date = new Date(String(value));
  const sameYear = date.getFullYear() === new Date().getFullYear();
  const day = date.toLocaleDateString('en-US', {
    month: 'short',
    day: '2-digit',
    ...(!sameYear && { year: 'numeric' }),
  });
  const time = date.toLocaleTimeString('en-US', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  return `${day} ${time}`;
};

/** `Nov 23 09:15, 3 min ago` */
export const time: Format = (value, row) => `${localTime(value, row)}, ${age(value, row)}`;

/** What a rule is for. */
export const scope: Format = (value) => {
  const { storeId, region } = value as { storeId?: string; region?: string };
  if (storeId !== undefined) return `store ${storeId}`;
  return region === undefined ? 'all stores' : `region ${region}`;
};

export const json: Format = (value) => JSON.stringify(value);

/** Without what a terminal would obey. */
export function printable(value: string): string {
  // eslint-disable-next-line no-control-regex
  return value.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, ' ');
}
