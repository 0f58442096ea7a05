import type { ErrorKind } from '@hq-sync/protocol/error-code';
import type { Reader } from '../metrics/fleet-reader.js';
import type { Html } from './html.js';
import { renderSection } from './store-sections.js';
import { statusColumns } from './status-columns.js';
import type { StatusOfStore } from './status.js';

/** Rows shown at most, each the newest or worst of its kind. */
const maxErrors = 50;
const maxQuarantined = 50;
const maxDays = 30;
const maxLogRows = 50;
const maxJobs = 10;

/** A token that ends within so many days is warned of; the pager and the dashboards do it from the same time on. */
export const tokenWarningDays = 14;

/** What the sections of a store's page show. Times are ISO 8601, amounts minor units as text, sizes bytes. */
export interface StoreSections {
  readonly header: HeaderRow | null;
  readonly entities: readonly EntityRow[];
  readonly errors: readonly ErrorRow[];
  readonly quarantine: readonly QuarantinedRow[];
  readonly registers: readonly RegisterRow[];
  readonly days: readonly DayRow[];
  readonly log: readonly LogRow[];
  readonly resyncs: readonly ResyncRow[];
  readonly pulls: readonly PullRow[];
}

export interface HeaderRow extends StatusOfStore {
  readonly storeId: string;
  readonly name: string;
  readonly region: string | null;
  readonly timezone: string;
  readonly currency: string;
  readonly since: string | null;
  readonly lastHeartbeatAt: string | null;
  readonly lastSyncAt: string | null;
  readonly lastSaleAt: string | null;
  readonly pending: number | null;
  readonly oldestPendingAt: string | null;
  readonly pullPending: number;
  readonly pullOldestPendingAt: string | null;
  readonly recordsPushed: number;
  readonly recordsPulled: number;
  readonly diskUsedBytes: number | null;
  readonly diskLimitBytes: number | null;
  readonly clockSkewMs: number | null;
  readonly agentVersion: string | null;
  /** Whether any token of the store works. */
  readonly tokenWorks: boolean;
  /** Of the one that it uses; null: it does not expire. */
  readonly tokenExpiresAt: string | null;
  readonly tokenEndsSoon: boolean;
  readonly businessDate: string;
  readonly salesCount: number;
  readonly grossMinor: string;
  readonly taxMinor: string;
  readonly discountMinor: string;
  readonly voidCount: number;
  readonly voidMinor: string;
  readonly returnCount: number;
  readonly returnMinor: string;
}

export interface EntityRow {
  readonly entity: string;
  readonly direction: 'push' | 'pull';
  readonly lastSuccessAt: string | null;
  readonly total: number;
  /** Push: as the store claims. Pull: as HQ counts. */
  readonly pending: number;
  readonly oldestPendingAt: string | null;
  readonly attempt: number;
  readonly nextTryAt: string | null;
}

export interface ErrorRow {
  readonly entity: string | null;
  readonly direction: string | null;
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly openedAt: string;
  readonly lastAt: string;
  readonly failures: number;
  readonly resolvedAt: string | null;
  readonly acknowledgedBy: string | null;
}

export interface QuarantinedRow {
  readonly entity: string;
  readonly recordId: string | null;
  readonly revision: number | null;
  readonly code: string;
  readonly message: string;
  readonly receivedAt: string;
  readonly times: number;
}

export interface RegisterRow {
  readonly terminalId: string;
  readonly openedAt: string;
  readonly cashierId: string | null;
  readonly timezone: string;
}

export interface DayRow {
  readonly businessDate: string;
  readonly currency: string;
  readonly today: boolean;
  readonly salesCount: number;
  readonly grossMinor: string;
  readonly taxMinor: string;
  readonly discountMinor: string;
  readonly voidCount: number;
  readonly voidMinor: string;
  readonly returnCount: number;
  readonly returnMinor: string;
  /** What the store claims above what HQ holds; null where it claims nothing. */
  readonly differenceMinor: string | null;
}

export interface LogRow {
  readonly at: string;
  readonly entity: string;
  readonly direction: string;
  readonly succeeded: boolean;
  readonly kind: string | null;
  readonly code: string | null;
  readonly records: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly replaced: number;
  readonly quarantined: number;
  readonly bytes: number;
  readonly durationMs: number | null;
  readonly operations: number;
}

export interface ResyncRow {
  readonly entities: readonly string[];
  readonly state: string;
  readonly message: string | null;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly endedAt: string | null;
  readonly total: number;
  readonly confirmed: number;
  readonly percent: number;
  /** Null while it is queued. */
  readonly progressedAt: string | null;
  /** It runs, and has made no progress for so long that it gives its turn to another. */
  readonly stalled: boolean;
}

export interface PullRow {
  readonly entity: string;
  readonly head: number;
  readonly confirmed: number;
  readonly scanning: boolean;
  /** Changes that wait for the store. */
  readonly pending: number;
  readonly pageSentAt: string | null;
}

/**
 * The pieces of the pages of these stores: what each section is rendered from, as JSON. One statement for all.
 * @param resyncStallMs a running resync without progress for this long is shown as stalled.
 */
export async function readStores(
  reader: Reader,
  storeIds: readonly string[],
  resyncStallMs: number,
): Promise<Map<string, Map<string, string>>> {
  const found = new Map<string, Map<string, string>>();
  if (storeIds.length === 0) return found;
  const rows = await reader.rows<{ storeId: string } & Record<string, string>>(storeSources, [
    storeIds,
    resyncStallMs,
  ]);
  for (const { storeId, ...sections } of rows) found.set(storeId, new Map(Object.entries(sections)));
  return found;
}

export function renderStorePiece(key: string, source: string): Html {
  return renderSection(key as keyof StoreSections, JSON.parse(source));
}

/** A section's rows as a JSON array. The store's id is a parameter inside, so each view reads that store alone. */
const list = (select: string) => `(select coalesce(json_agg(r), '[]') from (${select}) r)::text`;

/** Of one store; the view says nothing of entities that it is not behind with. */
const pullBacklog = '(select * from hq_view.pull_backlog where store_id = w.store_id)';

const storeSources = `
  select w.store_id as "storeId",
    coalesce((select row_to_json(r) from (
      select store_id as "storeId", name, region, timezone, currency, ${statusColumns},
        status_since as since, last_heartbeat_at as "lastHeartbeatAt", last_sync_at as "lastSyncAt", last_sale_at as "lastSaleAt",
        pending_records as pending, oldest_pending_at as "oldestPendingAt",
        pull_pending_changes as "pullPending", pull_pending_since as "pullOldestPendingAt",
        records_pushed as "recordsPushed", records_pulled as "recordsPulled",
        disk_used_bytes as "diskUsedBytes", disk_limit_bytes as "diskLimitBytes", clock_skew_ms as "clockSkewMs",
        agent_version as "agentVersion", coalesce(t.works, false) as "tokenWorks", t.expires_at as "tokenExpiresAt",
        coalesce(t.expires_at < clock_timestamp() + interval '${tokenWarningDays} days', false) as "tokenEndsSoon",
        business_date as "businessDate", sales_count as "salesCount",
        gross_minor::text as "grossMinor", tax_minor::text as "taxMinor", discount_minor::text as "discountMinor",
        void_count as "voidCount", void_minor::text as "voidMinor",
        return_count as "returnCount", return_minor::text as "returnMinor"
      from hq_view.stores
      left join lateral (
        select true as works, expires_at from hq_view.store_tokens k where k.store_id = w.store_id and k.current
      ) t on true
      where store_id = w.store_id
    ) r)::text, 'null') as header,
    ${list(`
      select e.entity, e.direction, e.last_success_at as "lastSuccessAt", e.records_total as total,
        case e.direction when 'pull' then coalesce(b.pending_changes, 0) else e.pending_records end as pending,
        case e.direction when 'pull' then b.pending_since else e.oldest_pending_at end as "oldestPendingAt",
        e.attempt, e.next_try_at as "nextTryAt"
      from hq_view.store_entities e left join ${pullBacklog} b using (entity)
      where e.store_id = w.store_id order by e.direction desc, e.entity`)} as entities,
    ${list(`
      select entity, direction, kind, code, message, opened_at as "openedAt", last_at as "lastAt", failures,
        resolved_at as "resolvedAt", acknowledged_by as "acknowledgedBy"
      from hq_view.error_episodes
      where store_id = w.store_id and (open or resolved_at > clock_timestamp() - interval '24 hours')
      order by open desc, last_at desc limit ${maxErrors}`)} as errors,
    ${list(`
      select entity, record_id as "recordId", revision, code, message, received_at as "receivedAt", times
      from hq_view.quarantined_records where store_id = w.store_id and state = 'held'
      order by received_at desc limit ${maxQuarantined}`)} as quarantine,
    ${list(`
      select o.terminal_id as "terminalId", o.opened_at as "openedAt", o.cashier_id as "cashierId",
        (select timezone from hq_view.stores s where s.store_id = w.store_id) as timezone
      from hq_view.open_registers o where o.store_id = w.store_id order by o.opened_at, o.terminal_id`)} as registers,
    ${list(`
      select a.business_date as "businessDate", a.currency, a.today, a.sales_count as "salesCount",
        a.gross_minor::text as "grossMinor", a.tax_minor::text as "taxMinor", a.discount_minor::text as "discountMinor",
        a.void_count as "voidCount", a.void_minor::text as "voidMinor", a.return_count as "returnCount",
        a.return_minor::text as "returnMinor", d.difference_minor::text as "differenceMinor"
      from hq_view.activity a
      left join hq_view.day_totals d
        on d.store_id = a.store_id and d.business_date = a.business_date and d.currency = a.currency
      where a.store_id = w.store_id order by a.business_date desc, a.currency limit ${maxDays}`)} as days,
    ${list(`
      select at, entity, direction, succeeded, kind, code, records, accepted, duplicate, replaced, quarantined, bytes,
        duration_ms as "durationMs", operations
      from hq_view.sync_log where store_id = w.store_id order by at desc limit ${maxLogRows}`)} as log,
    ${list(`
      select entities, state, message, created_at as "createdAt", created_by as "createdBy", ended_at as "endedAt",
        records_total as total, records_confirmed as confirmed, percent, progressed_at as "progressedAt",
        state = 'running' and coalesce(progressed_at < clock_timestamp() - $2 * interval '1 ms', false) as stalled
      from hq_view.resync_jobs where store_id = w.store_id order by created_at desc limit ${maxJobs}`)} as resyncs,
    ${list(`
      select p.entity, p.head, p.confirmed_position as confirmed, p.scan_end is not null as scanning,
        coalesce(b.pending_changes, 0) as pending, case when p.page_unconfirmed then p.page_sent_at end as "pageSentAt"
      from hq_view.store_pulls p left join ${pullBacklog} b using (entity)
      where p.store_id = w.store_id order by p.entity`)} as pulls
  from unnest($1::text[]) as w (store_id)`;
