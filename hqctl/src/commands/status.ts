import { groups, shownAs, sortKey, type StatusOfStore } from '@hq-sync/hq-collector/page/status';
import type { ApiCommand, Row } from '../command.js';
import { age, bytes, count, money, roundMoney, time, words, yesNo } from '../output/format.js';
import { card, sentence, table, type Column, type View } from '../output/view.js';
import { storeArgument, storesText } from './stores.js';

/** As `/status` has them, beside what is shown unchanged. */
interface StoreStatus {
  readonly storeId: string;
  readonly name: string;
  readonly status: StatusOfStore['status'];
  readonly reason: string | null;
  readonly severity: number;
  readonly expectedOnline: boolean;
}

const columns: readonly Column[] = [
  { head: 'Store', field: 'storeId', maxChars: 20 },
  { head: 'Name', field: 'name', maxChars: 20, leaveOut: 4 },
  { head: 'Status', field: 'shownStatus' },
  { head: 'Reason', field: 'shownReason', maxChars: 24 },
  { head: 'Synced', field: 'lastSyncAt', format: age, right: true, leaveOut: 2 },
  { head: 'Queue', field: 'pendingRecords', format: count, right: true },
  { head: 'Errors', field: 'errorsOpen', format: count, right: true },
  { head: 'Sales', field: 'salesCount', format: count, right: true, leaveOut: 3 },
  { head: 'Gross', field: 'grossMinor', format: roundMoney, right: true, leaveOut: 1 },
  { head: 'Tills', field: 'openRegisters', format: count, right: true, leaveOut: 5 },
];

const fields: readonly Column[] = [
  { head: 'Store', field: 'storeId' },
  { head: 'Name', field: 'name' },
  { head: 'Region', field: 'region' },
  { head: 'Status', field: 'shownStatus' },
  { head: 'Reason', field: 'shownReason' },
  { head: 'Since', field: 'statusSince', format: time },
  { head: 'Expected now', field: 'expectedOnline', format: yesNo },
  { head: 'Maintenance', field: 'inMaintenance', format: yesNo },
  { head: 'Last sync', field: 'lastSyncAt', format: time },
  { head: 'Last heartbeat', field: 'lastHeartbeatAt', format: time },
  { head: 'Queue', field: 'pendingRecords', format: count },
  { head: 'Waits at HQ', field: 'pullPendingChanges', format: count },
  { head: 'Open errors', field: 'errorsOpen', format: count },
  { head: 'In quarantine', field: 'quarantinedRecords', format: count },
  { head: 'Disk used', field: 'diskUsedBytes', format: bytes },
  { head: 'Disk limit', field: 'diskLimitBytes', format: bytes },
  { head: 'Clock ahead, ms', field: 'clockSkewMs', format: count },
  { head: 'Store server', field: 'agentVersion' },
  { head: 'Schema', field: 'schemaVersion' },
  { head: 'Business date', field: 'businessDate' },
  { head: 'Sales', field: 'salesCount', format: count },
  { head: 'Gross', field: 'grossMinor', format: money },
  { head: 'Tax', field: 'taxMinor', format: money },
  { head: 'Discounts', field: 'discountMinor', format: money },
  { head: 'Voids', field: 'voidCount', format: count },
];

const entityColumns: readonly Column[] = [
  { head: 'Entity', field: 'entity', format: words },
  { head: 'Way', field: 'direction' },
  { head: 'Last success', field: 'lastSuccessAt', format: time },
  { head: 'Records', field: 'recordsTotal', format: count, right: true },
  { head: 'Waiting', field: 'pendingRecords', format: count, right: true },
  { head: 'Failed tries', field: 'attempt', format: count, right: true },
  { head: 'Next try', field: 'nextTryAt', format: age, leaveOut: 1 },
];

const registerColumns: readonly Column[] = [
  { head: 'Till', field: 'terminalId' },
  { head: 'Opened', field: 'openedAt', format: time },
  { head: 'Cashier', field: 'cashierId' },
];

const dayColumns: readonly Column[] = [
  { head: 'Day', field: 'businessDate' },
  { head: 'Sales at the store', field: 'claimedSalesCount', format: count, right: true },
  { head: 'at HQ', field: 'heldSalesCount', format: count, right: true },
  { head: 'Gross at the store', field: 'claimedGrossMinor', format: money, right: true },
  { head: 'at HQ', field: 'heldGrossMinor', format: money, right: true },
  { head: 'Missing', field: 'differenceMinor', format: money, right: true },
];

const activityColumns: readonly Column[] = [
  { head: 'Day', field: 'businessDate' },
  { head: 'Sales', field: 'salesCount', format: count, right: true },
  { head: 'Gross', field: 'grossMinor', format: money, right: true },
  { head: 'Tax', field: 'taxMinor', format: money, right: true },
  { head: 'Discounts', field: 'discountMinor', format: money, right: true },
  { head: 'Voids', field: 'voidCount', format: count, right: true },
  { head: 'Returns', field: 'returnCount', format: count, right: true },
];

/** HQ's verdict, in the words of the page. */
function judged(row: Row): Row & { readonly order: string; readonly group: (typeof groups)[number] } {
  const store = row as unknown as StoreStatus;
  const { icon, word } = shownAs[store.status];
  const group = groups[store.severity] ?? 'unknown';
  // The status is not repeated as its reason.
  const reason = store.status === 'never_connected' || store.status === 'no_server' ? null : store.reason;
  return {
    ...row,
    shownStatus: `${icon} ${word}`,
    shownReason: reason ?? (store.expectedOnline || store.status !== 'connected' ? '' : 'closed'),
    order: sortKey(store, { group }),
    group,
  };
}

function statusView({ items }: Row): View {
  const rows = (items as readonly Row[]).map(judged).sort((one, other) => (one.order < other.order ? -1 : 1));
  if (rows.length === 0) return [sentence('No stores yet; hqctl stores create makes one.')];
  const counted = groups
    .map((group) => [rows.filter((row) => row.group === group).length, group] as const)
    .filter(([stores]) => stores > 0)
    .map(([stores, group]) => `${group} ${stores}`);
  return [table(columns, rows, ''), sentence(`${storesText(rows.length)}: ${counted.join(', ')}.`)];
}

export const status: readonly ApiCommand[] = [
  {
    words: 'status list',
    summary: "Every store with its status and today's figures, the worst first",
    call: 'GET /status',
    pages: 'all',
    examples: ['status list'],
    view: statusView,
  },
  {
    words: 'status show',
    summary: 'One store: its status, what syncs, its tills and days',
    call: 'GET /stores/{storeId}/status',
    arguments: [storeArgument],
    examples: ['status show main-street'],
    view: ({ store, entities, openRegisters, dayTotals, activity }) => [
      card(fields, judged(store as Row)),
      table(entityColumns, entities, 'Nothing has synced yet.', 'Records'),
      table(registerColumns, openRegisters, 'None.', 'Open tills'),
      table(dayColumns, dayTotals, 'The store claims no day.', 'Days at the store and at HQ'),
      table(activityColumns, activity, 'No sales yet.', 'Trade'),
    ],
  },
];

export const watch: ApiCommand = {
  words: 'stores watch',
  summary: 'The list of status, live, the worst first',
  details: 'Drawn anew every 2 s until Ctrl-C; where the output is no terminal, once.',
  call: 'GET /status',
  pages: 'all',
  live: true,
  examples: ['stores watch'],
  view: statusView,
};
