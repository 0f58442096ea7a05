import type { Pool } from 'pg';
import { openReader, type Reader } from './fleet-reader.js';
import type { FleetReading } from './fleet-reading.js';
import type { EntityTotal, KnownEntity, StoreSample } from './store-sample.js';
import { StoreTotals } from './store-totals.js';

/** Stores a page. Of 10,000 stores, reading takes 0.6 s and holds the loop for 11 to 17 ms at the longest; at 500 for 20. */
const pageStores = 250;

/** Longer than a transaction may last: a row stamped before the last reading but committed after it is read now. */
const overlapSeconds = 60;

/** A reading that took as long would be too old to be served. */
export const readLimitMs = 12_000;

/**
 * The fleet as Postgres has it. Status, connection and heartbeat are read whole each time; totals only where they
 * changed since the last reading. Every statement stands alone: in one transaction, rows as old as its snapshot would
 * be judged by a clock that went on, and a slow reading would show living collectors as lost.
 */
export class FleetSource {
  readonly #pool: Pool;
  #knownEntities: readonly KnownEntity[] = [];
  #disconnects = new StoreTotals<number>();
  #errors = new StoreTotals<number>();
  #entities = new StoreTotals<EntityTotal>(sameEntityTotal);
  #fleet: ReadonlyMap<string, StoreSample> = new Map();
  /** Clock of Postgres when the last finished reading began. */
  #readSince = '-infinity';
  /** Start of the server that all this was read from. */
  #serverStartedAt = '';

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * A new object with new maps each time. Not to be called while it runs.
   * Rejects with what Postgres or the pool says, or with DeadlinePassed after `readLimitMs`.
   */
  async read(): Promise<FleetReading> {
    const reader = await openReader(this.#pool, readLimitMs);
    try {
      const reading = await this.#read(reader);
      reader.release();
      return reading;
    } catch (error) {
      reader.destroy();
      throw error;
    }
  }

  async #read(reader: Reader): Promise<FleetReading> {
    const [server] = await reader.rows<{ now: string; startedAt: string }>(serverClock, []);
    if (server!.startedAt !== this.#serverStartedAt) this.#forget();
    this.#serverStartedAt = server!.startedAt;
    await this.#readKnownEntities(reader);
    const resyncJobs = await reader.rows<{ state: string; jobs: number }>(resyncJobsByState, []);
    const backlogs = await readPullBacklogs(reader);

    const fleet = new Map<string, StoreSample>();
    for (let after = ''; ;) {
      const stores = await reader.rows<StoreRow>(storesPage, [after, pageStores]);
      const last = stores.at(-1)?.storeId;
      if (last === undefined) break;
      await this.#readTotals(reader, stores, after, last);
      const errorsOpen = await readErrorsOpen(reader, after, last);
      const tokenExpiries = await readTokenExpiries(reader, after, last);
      for (const store of stores) {
        const held = this.#fleet.get(store.storeId);
        const backlog = backlogs.get(store.storeId);
        const sample: StoreSample = {
          ...store,
          tokenExpiresAt: tokenExpiries.get(store.storeId) ?? null,
          knownEntities: this.#knownEntities,
          disconnectsTotal: this.#disconnects.of(store.storeId),
          entityTotals: this.#entities.of(store.storeId),
          errorsTotal: this.#errors.of(store.storeId),
          errorsOpen: heldIfSame(held?.errorsOpen, errorsOpen.of(store.storeId)),
          pullPendingRecords: backlog?.pending ?? 0,
          pullOldestPendingAt: backlog?.oldestAt ?? null,
        };
        fleet.set(store.storeId, held === undefined ? sample : heldWhereSame(held, sample));
      }
      after = last;
    }

    for (const totals of [this.#disconnects, this.#errors, this.#entities]) totals.keepOnly(fleet);
    this.#fleet = fleet;
    this.#readSince = server!.now;
    return { stores: fleet, resyncJobs: new Map(resyncJobs.map(({ state, jobs }) => [state, jobs])) };
  }

  /** Another server may be a backup or a standby that lacks the last commits: what is held may be more than it has. */
  #forget(): void {
    this.#disconnects = new StoreTotals();
    this.#errors = new StoreTotals();
    this.#entities = new StoreTotals(sameEntityTotal);
    this.#fleet = new Map();
  }

  async #readKnownEntities(reader: Reader): Promise<void> {
    const entities = await reader.rows<KnownEntity>(
      'select entity, direction from hq.entity order by direction, entity',
      [],
    );
    // Kept while it says the same: a new list makes every store's entity series be rendered again.
    if (JSON.stringify(entities) !== JSON.stringify(this.#knownEntities)) this.#knownEntities = entities;
  }

  async #readTotals(reader: Reader, stores: readonly StoreRow[], after: string, last: string): Promise<void> {
    // A store that is new here may be an old one, taken out of the archive: its rows need not be new.
    const allHeld = stores.every(({ storeId }) => this.#fleet.has(storeId));
    const parameters = [after, last, allHeld ? this.#readSince : '-infinity', overlapSeconds];
    this.#disconnects.merge(await reader.rows<TotalRow>(disconnectsPage, parameters));
    this.#errors.merge(await reader.rows<TotalRow>(errorsPage, parameters));
    const entities = await reader.rows<EntityRow>(entitiesPage, parameters);
    this.#entities.merge(entities.map(({ storeId, entity, ...value }) => ({ storeId, key: entity, value })));
  }
}

type StoreRow = Omit<
  StoreSample,
  | 'tokenExpiresAt'
  | 'knownEntities'
  | 'disconnectsTotal'
  | 'entityTotals'
  | 'errorsTotal'
  | 'errorsOpen'
  | 'pullPendingRecords'
  | 'pullOldestPendingAt'
>;
type TotalRow = { storeId: string; key: string; value: number };
type Backlog = { pending: number; oldestAt: number | null };
type EntityRow = { storeId: string; entity: string } & EntityTotal;

/**
 * The held sample where nothing changed, and else one with the held values where they are the same, so that what was
 * read dies young: with a fresh copy of 10,000 stores each time the loop stood still for 20 to 45 ms, mostly in scavenges.
 */
function heldWhereSame(held: StoreSample, read: StoreSample): StoreSample {
  const changed = (Object.keys(read) as (keyof StoreSample)[]).filter((field) => held[field] !== read[field]);
  if (changed.length === 0) return held;
  return { ...held, ...Object.fromEntries(changed.map((field) => [field, read[field]])) };
}

function heldIfSame(
  held: ReadonlyMap<string, number> | undefined,
  read: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  if (held?.size !== read.size) return read;
  for (const [key, value] of read) if (held.get(key) !== value) return read;
  return held;
}

function sameEntityTotal(a: EntityTotal, b: EntityTotal): boolean {
  return a.recordsTotal === b.recordsTotal && a.lastSuccessAt === b.lastSuccessAt;
}

async function readErrorsOpen(reader: Reader, after: string, last: string): Promise<StoreTotals<number>> {
  const totals = new StoreTotals<number>();
  totals.merge(await reader.rows<TotalRow>(errorsOpenPage, [after, last]));
  return totals;
}

/** Unix seconds by store; those whose token does not expire, or that have none, are not in it. */
async function readTokenExpiries(
  reader: Reader,
  after: string,
  last: string,
): Promise<ReadonlyMap<string, number>> {
  const rows = await reader.rows<{ storeId: string; expiresAt: number }>(tokenExpiriesPage, [after, last]);
  return new Map(rows.map(({ storeId, expiresAt }) => [storeId, expiresAt]));
}

/** By store; those that nothing waits for are not in it. */
async function readPullBacklogs(reader: Reader): Promise<ReadonlyMap<string, Backlog>> {
  const [row] = await reader.rows<{ backlogs: [storeId: string, Backlog][] }>(pullBacklogs, []);
  return new Map(row!.backlogs);
}

const serverClock =
  'select clock_timestamp()::text as now, extract(epoch from pg_postmaster_start_time())::text as "startedAt"';

const resyncJobsByState = 'select state, count(*)::float8 as jobs from hq.resync_job group by state';

const storesPage = `
  select
    s.store_id as "storeId",
    s.name,
    s.region,
    s.timezone,
    c.store_id is not null as "hasServer",
    t.status,
    hq.expected_online(s, (select hq.hq_now())) as "expectedOnline",
    coalesce(c.duplicate_server_at > (select hq.hq_now()) - interval '10 minutes', false) as "duplicateServer",
    c.agent_version as "agentVersion",
    c.schema_version as "schemaVersion",
    c.schema_compatible as "schemaCompatible",
    (c.clock_skew_ms / 1000.0)::float8 as "clockSkewSeconds",
    round(extract(epoch from c.last_heartbeat_at), 3)::float8 as "lastHeartbeatAt",
    round(extract(epoch from c.last_sale_at), 3)::float8 as "lastSaleAt",
    coalesce(c.connects_total, 0)::float8 as "connectsTotal",
    coalesce(c.pending_records, 0)::float8 as "pushPendingRecords",
    round(extract(epoch from c.oldest_pending_at), 3)::float8 as "pushOldestPendingAt",
    case when c.last_heartbeat_at is not null then jsonb_array_length(c.open_registers) end as "openRegisters"
  from hq.store s
  join hq_view.store_status t on t.store_id = s.store_id
  left join hq.store_connection c on c.store_id = s.store_id
  where s.archived_at is null and s.store_id > $1 and t.store_id > $1
  order by s.store_id
  limit $2`;

const disconnectsPage = `
  select store_id as "storeId", reason as key, total::float8 as value
  from hq.store_disconnect_total
  where store_id > $1 and store_id <= $2 and changed_at > $3::timestamptz - $4 * interval '1 second'`;

const errorsPage = `
  select store_id as "storeId", kind as key, total::float8 as value
  from hq.store_error_total
  where store_id > $1 and store_id <= $2 and changed_at > $3::timestamptz - $4 * interval '1 second'`;

const entitiesPage = `
  select
    t.store_id as "storeId",
    t.entity,
    round(extract(epoch from t.last_success_at), 3)::float8 as "lastSuccessAt",
    t.records_total::float8 as "recordsTotal"
  from hq.store_entity t
  join hq.entity e on e.entity = t.entity and e.direction = t.direction
  where t.store_id > $1 and t.store_id <= $2 and t.changed_at > $3::timestamptz - $4 * interval '1 second'`;

// All open episodes, not only those that changed: their partial index holds no others, and an episode that resolves,
// lapses or is corrected by hand needs no trace to be seen.
const errorsOpenPage = `
  select store_id as "storeId", kind as key, sum(failures)::float8 as value
  from hq.error_episode
  where resolved_at is null and store_id > $1 and store_id <= $2
  group by store_id, kind`;

const tokenExpiriesPage = `
  select store_id as "storeId", round(extract(epoch from expires_at), 3)::float8 as "expiresAt"
  from hq_view.store_tokens
  where current and expires_at is not null and store_id > $1 and store_id <= $2`;

// Of all stores at once: where none of 10,000 is behind it takes 15 ms, by pages of stores it took 56. As one value, for
// when all are: ten thousand rows that come at once held the loop twice as long.
const pullBacklogs = `
  select coalesce(json_agg(json_build_array(b.store_id, json_build_object('pending', b.pending, 'oldestAt', b.oldest_at))), '[]') as backlogs
  from (
    select store_id, sum(pending_changes) as pending, round(extract(epoch from min(pending_since)), 3) as oldest_at
    from hq_view.pull_backlog
    group by store_id
  ) b`;
