import type { Reader } from '../metrics/fleet-reader.js';
import { ago, badge, count, dash, money } from './format.js';
import { html, type Html } from './html.js';
import { renderSummary, type Summary } from './fleet-summary.js';
import { statusColumns } from './status-columns.js';
import { sortKey, verdictOf, type StatusOfStore } from './status.js';

/** Key of the figures above the list; the key of a store's row is `store:` and its id. */
export const summaryKey = 'summary';

/** A store of the list. Amounts are minor units as text, of the store's today in its own currency; times ISO 8601. */
interface StoreRow extends StatusOfStore {
  readonly storeId: string;
  readonly name: string;
  readonly region: string | null;
  readonly currency: string;
  readonly since: string | null;
  readonly lastSyncAt: string | null;
  readonly pending: number | null;
  readonly agentVersion: string | null;
  readonly lastSaleAt: string | null;
  readonly openRegisters: number | null;
  readonly salesCount: number;
  readonly grossMinor: string;
  readonly taxMinor: string;
  readonly discountMinor: string;
  readonly voidCount: number;
  readonly voidMinor: string;
}

/** The pieces of the list: what each is rendered from, as JSON. One statement, however many stores. */
export async function readFleet(reader: Reader): Promise<Map<string, string>> {
  const rows = await reader.rows<{ key: string; source: string }>(fleetSources, []);
  const sources = new Map<string, string>();
  for (const { key, source } of rows) sources.set(key, source);
  return sources;
}

const fleetSources = `
  with store as materialized (
    select store_id as "storeId", name, region, currency, ${statusColumns},
      status_since as since, last_sync_at as "lastSyncAt", pending_records as pending,
      agent_version as "agentVersion", last_sale_at as "lastSaleAt", open_registers as "openRegisters", sales_count as "salesCount", gross_minor::text as "grossMinor",
      tax_minor::text as "taxMinor", discount_minor::text as "discountMinor", void_count as "voidCount",
      void_minor::text as "voidMinor"
    from hq_view.stores
  ), trade as (
    select currency, sum("salesCount") as "salesCount", sum("grossMinor"::numeric)::text as "grossMinor",
      sum("taxMinor"::numeric)::text as "taxMinor", sum("discountMinor"::numeric)::text as "discountMinor",
      sum("voidCount") as "voidCount", sum("voidMinor"::numeric)::text as "voidMinor"
    from store group by currency order by currency
  )
  select 'store:' || "storeId" as key, row_to_json(store)::text as source from store
  union all
  select '${summaryKey}', json_build_object(
    'total', count(*),
    'withServer', count(*) filter (where status <> 'no_server'),
    'connected', count(*) filter (where status = 'connected'),
    'expected', count(*) filter (where "expectedOnline" and status <> 'no_server'),
    'expectedConnected', count(*) filter (where "expectedOnline" and status = 'connected'),
    'missing', count(*) filter (where "expectedOnline" and status = 'disconnected'),
    'unknown', count(*) filter (where status = 'unknown'),
    'errorsOpen', coalesce(sum("errorsOpen"), 0),
    'storesWithErrors', count(*) filter (where "errorsOpen" > 0),
    'quarantined', coalesce(sum(quarantined), 0),
    'stale', count(*) filter (where stale or "behindIn" is not null),
    'trade', (select coalesce(json_agg(trade), '[]') from trade)
  )::text from store`;

export function renderFleetPiece(key: string, source: string): Html {
  return key === summaryKey
    ? renderSummary(JSON.parse(source) as Summary)
    : renderRow(key, JSON.parse(source) as StoreRow);
}

/** Roles are said again because a narrow screen shows rows as cards, and then browsers forget that this is a table. */
function renderRow(key: string, store: StoreRow): Html {
  const verdict = verdictOf(store);
  const served = store.status !== 'no_server';
  const why = [verdict.reason, !store.expectedOnline && served && 'closed now'].filter(Boolean).join(' · ');
  const solid = verdict.group === 'disconnected' || verdict.group === 'lost';
  const needsLook = store.status === 'connected' && verdict.group !== 'connected';
  const search = `${store.name} ${store.storeId} ${store.region ?? ''} ${verdict.word} ${why}`.toLowerCase();
  const amount = (minor: string) => (served ? money(minor, store.currency) : dash);
  return html`<tr
    role="row"
    data-piece="${key}"
    data-sort="${sortKey(store, verdict)}"
    data-group="${verdict.group}"
    data-search="${search}"
  >
    <td role="cell" class="status">
      ${badge(verdict, solid)}${why !== '' && html`<small class="${needsLook && 'look'}">${needsLook && '⚠ '}${why}</small>`}
    </td>
    <th role="rowheader" scope="row">
      <a href="/stores/${encodeURIComponent(store.storeId)}">${store.name}</a
      ><small>${store.storeId}${store.region !== null && ` · ${store.region}`}</small>
    </th>
    <td role="cell" data-label="Since">${store.since === null ? dash : ago(store.since)}</td>
    <td role="cell" data-label="Last sync">${served ? ago(store.lastSyncAt) : dash}</td>
    <td role="cell" class="number" data-label="Waiting">${count(store.pending)}</td>
    <td role="cell" class="number${store.errorsOpen + store.quarantined > 0 && ' alarm'}" data-label="Errors">
      ${served ? count(store.errorsOpen) : dash}
    </td>
    <td role="cell" class="number" data-label="Sales">${served ? count(store.salesCount) : dash}</td>
    <td role="cell" class="number" data-label="Revenue">${amount(store.grossMinor)}</td>
    <td role="cell" class="number" data-label="Tax">${amount(store.taxMinor)}</td>
    <td role="cell" class="number" data-label="Discounts">${amount(store.discountMinor)}</td>
    <td role="cell" class="number" data-label="Voids">
      ${store.voidCount === 0 ? (served ? count(0) : dash) : html`${count(store.voidCount)}<small>${money(store.voidMinor, store.currency)}</small>`}
    </td>
    <td role="cell" class="number" data-label="Open tills">${count(store.openRegisters)}</td>
    <td role="cell" data-label="Last sale">${served ? ago(store.lastSaleAt) : dash}</td>
    <td role="cell" data-label="Agent">${store.agentVersion ?? dash}</td>
  </tr>`;
}

/** Heads of the columns, in the order of the cells above. */
export const columns: readonly { readonly head: string; readonly number?: true; readonly title?: string }[] =
  [
    { head: 'Status' },
    { head: 'Store' },
    { head: 'Since', title: 'How long the store has had this status' },
    { head: 'Last sync', title: 'Newest success in either direction' },
    {
      head: 'Waiting',
      number: true,
      title: 'Records that wait in the store, as it said in its last heartbeat',
    },
    { head: 'Errors', number: true, title: 'Failed sync operations that need a look' },
    { head: 'Sales', number: true, title: "Completed sales of the store's own today" },
    { head: 'Revenue', number: true, title: 'Gross: completed sales before discounts, without tax' },
    { head: 'Tax', number: true },
    { head: 'Discounts', number: true },
    { head: 'Voids', number: true, title: 'Voided sales: their number and their value' },
    { head: 'Open tills', number: true, title: 'Open registers, as the store said in its last heartbeat' },
    { head: 'Last sale', title: 'As the store said in its last heartbeat' },
    { head: 'Agent', title: 'Version of the store server' },
  ];
