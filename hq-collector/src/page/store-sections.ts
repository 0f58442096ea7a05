import { errors, kindAdvice, type ErrorCode } from '@hq-sync/protocol/error-code';
import { ago, count, dash, money, storeTime, words } from './format.js';
import { html, type Content, type Html } from './html.js';
import { renderHeader } from './store-header.js';
import type {
  DayRow,
  EntityRow,
  ErrorRow,
  LogRow,
  PullRow,
  QuarantinedRow,
  RegisterRow,
  ResyncRow,
  StoreSections,
} from './store-pieces.js';

/** A column of a section's table. */
interface Column<Row> {
  readonly head: string;
  readonly number?: true;
  readonly cell: (row: Row) => Content;
}

interface Section<Row> {
  readonly title: string;
  /** What the table says, for who cannot see where it stands. */
  readonly caption: string;
  /** Instead of a table without rows. */
  readonly empty: string;
  readonly columns: readonly Column<Row>[];
  /** Class of a row. */
  readonly tone?: (row: Row) => string;
}

/** Every table of a store's page, in its order; the first column names the row. */
export const sections: {
  readonly [Key in Exclude<keyof StoreSections, 'header'>]: Section<StoreSections[Key][number]>;
} = {
  errors: {
    title: 'Sync errors',
    caption: 'Errors that are open, then those resolved within 24 hours',
    empty: 'No errors: nothing is open, and nothing was resolved within 24 hours.',
    tone: ({ resolvedAt }) => (resolvedAt === null ? 'open' : 'past'),
    columns: [
      { head: 'Kind', cell: errorKind },
      {
        head: 'Message',
        cell: ({ message, code }: ErrorRow) => html`${message}<small><code>${code}</code></small>`,
      },
      { head: 'Attempts', number: true, cell: ({ failures }: ErrorRow) => count(failures) },
      {
        head: 'Last',
        cell: ({ lastAt, openedAt }: ErrorRow) => html`${ago(lastAt)}<small>first ${ago(openedAt)}</small>`,
      },
      { head: 'What happens by itself', cell: ({ kind }: ErrorRow) => kindAdvice[kind]?.itself },
      { head: 'What a person does', cell: ({ kind }: ErrorRow) => kindAdvice[kind]?.person },
    ],
  },
  quarantine: {
    title: 'Quarantined records',
    caption: 'Records that HQ holds back until a person has looked, the newest first',
    empty: 'No record is in quarantine.',
    columns: [
      {
        head: 'Record',
        cell: ({ recordId, entity }: QuarantinedRow) =>
          html`${recordId ?? 'no id'}<small>${words(entity)}</small>`,
      },
      { head: 'Revision', number: true, cell: ({ revision }: QuarantinedRow) => revision ?? dash },
      {
        head: 'Reason',
        cell: ({ code, message }: QuarantinedRow) =>
          html`${errors[code as ErrorCode]?.title ?? code}<small>${message}</small>`,
      },
      { head: 'Received', cell: ({ receivedAt }: QuarantinedRow) => ago(receivedAt) },
      { head: 'Times', number: true, cell: ({ times }: QuarantinedRow) => count(times) },
    ],
  },
  entities: {
    title: 'Entity status',
    caption:
      'Each type of record and its direction: push is from the store to HQ, pull from HQ to the store. What waits is the store’s claim for push, HQ’s count for pull',
    empty: 'This store has no store server yet: nothing syncs.',
    columns: [
      { head: 'Entity', cell: ({ entity }: EntityRow) => words(entity) },
      { head: 'Direction', cell: ({ direction }: EntityRow) => (direction === 'push' ? '↑ push' : '↓ pull') },
      { head: 'Last success', cell: ({ lastSuccessAt }: EntityRow) => ago(lastSuccessAt) },
      { head: 'Records', number: true, cell: ({ total }: EntityRow) => count(total) },
      { head: 'Waiting', number: true, cell: ({ pending }: EntityRow) => count(pending) },
      { head: 'Oldest waiting', cell: ({ oldestPendingAt }: EntityRow) => ago(oldestPendingAt, '–') },
      { head: 'Attempt', number: true, cell: ({ attempt }: EntityRow) => count(attempt) },
      { head: 'Next try', cell: ({ nextTryAt }: EntityRow) => ago(nextTryAt, '–') },
    ],
  },
  registers: {
    title: 'Open registers',
    caption: 'Tills that the latest heartbeat said are open; times of the store',
    empty: 'No till is open.',
    columns: [
      { head: 'Terminal', cell: ({ terminalId }: RegisterRow) => terminalId },
      {
        head: 'Opened',
        cell: ({ openedAt, timezone }: RegisterRow) =>
          html`${storeTime(openedAt, timezone)}<small>${ago(openedAt)}</small>`,
      },
      { head: 'Cashier', cell: ({ cashierId }: RegisterRow) => cashierId ?? dash },
    ],
  },
  pulls: {
    title: 'Data from HQ',
    caption: 'How far the store has come with what HQ publishes; positions count changes',
    empty: 'This store has no store server yet: it pulls nothing.',
    columns: [
      { head: 'Entity', cell: ({ entity }: PullRow) => words(entity) },
      { head: 'HQ is at', number: true, cell: ({ head }: PullRow) => count(head) },
      { head: 'Confirmed', number: true, cell: ({ confirmed }: PullRow) => count(confirmed) },
      { head: 'State', cell: pullState },
    ],
  },
  resyncs: {
    title: 'Resyncs',
    caption: 'Times that this store was told to read everything again, the newest first',
    empty: 'No resync was ever asked for.',
    columns: [
      {
        head: 'Asked for',
        cell: ({ createdAt, createdBy }: ResyncRow) => html`${ago(createdAt)}<small>by ${createdBy}</small>`,
      },
      { head: 'State', cell: resyncState },
      {
        head: 'Progress',
        cell: ({ percent, confirmed, total }: ResyncRow) =>
          html`<progress max="100" value="${percent}">${percent} %</progress> ${percent} %<small
              >${count(confirmed)} of ${count(total)} records</small
            >`,
      },
      { head: 'Entities', cell: ({ entities }: ResyncRow) => entities.map(words).join(', ') },
      { head: 'Ended', cell: ({ endedAt }: ResyncRow) => ago(endedAt, '–') },
    ],
  },
  days: {
    title: 'Last business days',
    caption:
      'Totals of the records HQ holds, by the store’s own business date and currency; last, what the latest heartbeat claims above that',
    empty: 'HQ holds no sale of this store yet.',
    tone: ({ today }) => (today ? 'today' : ''),
    columns: [
      {
        head: 'Business date',
        cell: ({ businessDate, today }: DayRow) =>
          html`${businessDate}${today && html`<small>today</small>`}`,
      },
      { head: 'Sales', number: true, cell: ({ salesCount }: DayRow) => count(salesCount) },
      { head: 'Revenue', number: true, cell: (day: DayRow) => money(day.grossMinor, day.currency) },
      { head: 'Tax', number: true, cell: (day: DayRow) => money(day.taxMinor, day.currency) },
      { head: 'Discounts', number: true, cell: (day: DayRow) => money(day.discountMinor, day.currency) },
      {
        head: 'Voids',
        number: true,
        cell: (day: DayRow) => numberAndValue(day.voidCount, day.voidMinor, day.currency),
      },
      {
        head: 'Returns',
        number: true,
        cell: (day: DayRow) => numberAndValue(day.returnCount, day.returnMinor, day.currency),
      },
      {
        head: 'Claim − held',
        number: true,
        cell: ({ differenceMinor, currency }: DayRow) =>
          differenceMinor === null ? dash : money(differenceMinor, currency),
      },
    ],
  },
  log: {
    title: 'Sync log',
    caption: 'The latest 50 sync operations',
    empty: 'No sync operation yet.',
    tone: ({ succeeded }) => (succeeded ? '' : 'failed'),
    columns: [
      { head: 'When', cell: ({ at }: LogRow) => ago(at) },
      {
        head: 'What',
        cell: ({ entity, direction }: LogRow) => `${direction === 'push' ? '↑' : '↓'} ${words(entity)}`,
      },
      {
        head: 'Outcome',
        cell: ({ succeeded, kind, code, operations }: LogRow) =>
          succeeded
            ? '✓ done'
            : html`✖ ${words(kind ?? 'failed')}${operations > 1 && ` × ${operations}`}<small
                  ><code>${code}</code></small
                >`,
      },
      { head: 'Records', number: true, cell: ({ records }: LogRow) => count(records) },
      { head: 'New', number: true, cell: ({ accepted }: LogRow) => count(accepted) },
      { head: 'Replaced', number: true, cell: ({ replaced }: LogRow) => count(replaced) },
      { head: 'Duplicate', number: true, cell: ({ duplicate }: LogRow) => count(duplicate) },
      { head: 'Quarantined', number: true, cell: ({ quarantined }: LogRow) => count(quarantined) },
      { head: 'kB', number: true, cell: ({ bytes }: LogRow) => count(Math.ceil(bytes / 1_000)) },
      { head: 'ms', number: true, cell: ({ durationMs }: LogRow) => count(durationMs) },
    ],
  },
};

export function renderSection<Key extends keyof StoreSections>(key: Key, rows: StoreSections[Key]): Html {
  if (key === 'header') return renderHeader(rows as StoreSections['header']);
  const section = sections[key as Exclude<keyof StoreSections, 'header'>] as Section<unknown>;
  return renderTable(key, section, rows as readonly unknown[]);
}

function renderTable<Row>(
  key: string,
  { caption, empty, columns, tone }: Section<Row>,
  rows: readonly Row[],
): Html {
  if (rows.length === 0) return html`<p class="empty" data-piece="${key}">${empty}</p>`;
  const numeric = (column: Column<Row>) => column.number && html` class="number"`;
  const body = rows.map(
    (row) =>
      html`<tr class="${tone?.(row)}">
        ${columns.map((column, index) =>
          index === 0
            ? html`<th scope="row">${column.cell(row)}</th>`
            : html`<td${numeric(column)}>${column.cell(row)}</td>`,
        )}
      </tr>`,
  );
  return html`<table data-piece="${key}">
    <caption>
      ${caption}
    </caption>
    <thead>
      <tr>
        ${columns.map((column) => html`<th scope="col" ${numeric(column)}>${column.head}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${body}
    </tbody>
  </table>`;
}

function errorKind({ kind, entity, direction, resolvedAt, acknowledgedBy }: ErrorRow): Html {
  const of = entity === null ? '' : `${direction ?? ''} ${words(entity)}`;
  return html`${resolvedAt === null ? '✖' : '✓'}
  ${words(kind)}<small>${of}</small>${
    resolvedAt !== null && html`<small>resolved ${ago(resolvedAt)}</small>`
  }${acknowledgedBy !== null && html`<small>seen by ${acknowledgedBy}</small>`}`;
}

function resyncState({ state, message, stalled, progressedAt }: ResyncRow): Html {
  return html`${state}${stalled && html`<small class="look">⚠ stalled: last progress ${ago(progressedAt)}</small>`}<small
      >${message}</small
    >`;
}

function pullState({ head, confirmed, scanning, pending, pageSentAt }: PullRow): Html {
  const state = scanning
    ? 'reads everything again'
    : pending > 0
      ? html`${count(pending)} to come`
      : confirmed === 0 && head > 0
        ? 'not begun'
        : 'up to date';
  return html`${state}${pageSentAt !== null && html`<small>page sent ${ago(pageSentAt)}, not yet confirmed</small>`}`;
}

export function numberAndValue(number: number, minor: string, currency: string): Html {
  return number === 0 ? count(0) : html`${count(number)}<small>${money(minor, currency)}</small>`;
}
