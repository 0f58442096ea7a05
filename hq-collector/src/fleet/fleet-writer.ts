import type { Heartbeat, Hello } from '@hq-sync/protocol/store-message';
import { withTransaction, type Pool, type Transaction } from '../db/database.js';
import { writeOrSplit } from '../db/write-or-split.js';
import { FlushLoop } from '../db/flush-loop.js';
import type { DisconnectReason } from './disconnect-reason.js';

/** A change of one store's connection that every view must show; `atMs` is of the process's monotonic clock. */
export type FleetChange = {
  readonly storeId: string;
  readonly connectionId: string;
  readonly atMs: number;
} & (
  | {
      readonly type: 'connected';
      readonly tokenId: string;
      readonly hello: Hello;
      readonly compatible: boolean;
      readonly skewMs: number;
    }
  | { readonly type: 'heartbeat'; readonly heartbeat: Heartbeat; readonly skewMs: number }
  | { readonly type: 'heartbeat_lost' }
  | { readonly type: 'disconnected'; readonly reason: DisconnectReason }
  /** Replaced, it lives on. */
  | { readonly type: 'outlived'; readonly instanceId: string }
);

/**
 * Most stores whose changes wait in memory while Postgres is away. Each store keeps only what still matters (the
 * newest heartbeat of each connection), so the bound is reached by reconnects alone.
 */
const maxWaitingChanges = 200_000;

/**
 * Writes what happens to the fleet in batches: 10,000 stores that beat every 30 s are a few statements a second, not
 * 333. A store's own changes keep their order; each statement names the connection it speaks for.
 */
export class FleetWriter {
  private waiting: FleetChange[] = [];
  private readonly newestHeartbeat = new Map<string, number>();
  private readonly loop: FlushLoop;

  constructor(
    private readonly pool: Pool,
    private readonly replicaId: string,
    intervalMs: number,
    private readonly on: { failed(error: unknown): void; superseded(connectionIds: readonly string[]): void },
  ) {
    this.loop = new FlushLoop(
      intervalMs,
      () => this.flush(),
      (error) => on.failed(error),
    );
  }

  get waitingChanges(): number {
    return this.waiting.length;
  }

  add(change: FleetChange): void {
    if (change.type === 'heartbeat') {
      const index = this.newestHeartbeat.get(change.connectionId);
      if (index !== undefined) {
        this.waiting[index] = change;
        return;
      }
      this.newestHeartbeat.set(change.connectionId, this.waiting.length);
    }
    if (this.waiting.length < maxWaitingChanges) this.waiting.push(change);
    this.loop.request();
  }

  flushNow(): Promise<boolean> {
    return this.loop.now();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  private async flush(): Promise<void> {
    if (this.waiting.length === 0) return;
    const batch = this.waiting;
    this.waiting = [];
    this.newestHeartbeat.clear();
    const write = async (part: readonly FleetChange[]) => {
      const superseded = await withTransaction(this.pool, (tx) => writeChanges(tx, this.replicaId, part));
      if (superseded.length > 0) this.on.superseded(superseded);
    };
    const unwritten = await writeOrSplit(batch, write, (_, error) => this.on.failed(error));
    if (unwritten.items.length === 0) return;
    this.putBack(unwritten.items);
    throw unwritten.error;
  }

  private putBack(changes: readonly FleetChange[]): void {
    this.waiting = [...changes, ...this.waiting].slice(0, maxWaitingChanges);
    this.newestHeartbeat.clear();
    this.waiting.forEach((change, index) => {
      if (change.type === 'heartbeat') this.newestHeartbeat.set(change.connectionId, index);
    });
  }
}

/** @returns connections of this replica that a newer one, on another replica, has replaced. */
async function writeChanges(
  tx: Transaction,
  replicaId: string,
  batch: readonly FleetChange[],
): Promise<string[]> {
  const superseded: string[] = [];
  for (const round of rounds(batch)) {
    const of = <T extends FleetChange['type']>(type: T) =>
      round.filter((change): change is Extract<FleetChange, { type: T }> => change.type === type);
    const connected = of('connected');
    if (connected.length > 0) {
      await tx.query(writeConnected, [JSON.stringify(connected.map(connectedRow)), replicaId]);
    }
    const heartbeats = of('heartbeat');
    if (heartbeats.length > 0) {
      const { rows } = await tx.query<{ connection_id: string }>(writeHeartbeats, [
        JSON.stringify(heartbeats.map(heartbeatRow)),
      ]);
      superseded.push(...rows.map((row) => row.connection_id));
    }
    const ended = [...of('disconnected'), ...of('heartbeat_lost')];
    if (ended.length > 0) await tx.query(writeEnded, [JSON.stringify(ended.map(endedRow))]);
    const outlived = of('outlived');
    if (outlived.length > 0) await tx.query(writeOutlived, [JSON.stringify(outlived.map(outlivedRow))]);
  }
  return superseded;
}

/** Splits a batch so that no store has two changes in one round, keeping each store's order. */
function rounds(batch: readonly FleetChange[]): FleetChange[][] {
  const result: FleetChange[][] = [];
  const depth = new Map<string, number>();
  for (const change of batch) {
    const round = depth.get(change.storeId) ?? 0;
    depth.set(change.storeId, round + 1);
    (result[round] ??= []).push(change);
  }
  return result;
}

const ageMs = (change: FleetChange): number => Math.max(0, performance.now() - change.atMs);

function connectedRow(change: Extract<FleetChange, { type: 'connected' }>) {
  return {
    store_id: change.storeId,
    connection_id: change.connectionId,
    token_id: change.tokenId,
    age_ms: ageMs(change),
    instance_id: change.hello.instanceId,
    agent_version: change.hello.agentVersion,
    schema_version: change.hello.schemaVersion,
    schema_compatible: change.compatible,
    skew_ms: Math.round(change.skewMs),
    pending: change.hello.pendingRecords,
  };
}

// With the first use of a pending token the grace of those before it starts.
// Two instances take turns when the one that comes is the one that was there before the present one. Ten minutes bound
// it: a machine that was swapped back after a day is no duplicate. A clone has the same instance: see `writeOutlived`.
const writeConnected = `
  with e as (
    select * from jsonb_to_recordset($1::jsonb) as r(store_id text, connection_id uuid, token_id uuid, age_ms float8,
      instance_id uuid, agent_version text, schema_version integer, schema_compatible boolean, skew_ms bigint, pending bigint)
  ), first_used as (
    select t.store_id, t.token_id, t.grace from hq.store_token t join e using (token_id) where t.pending_until is not null
  ), used as (
    update hq.store_token t
    set last_used_at = clock_timestamp(), first_used_at = coalesce(t.first_used_at, clock_timestamp()),
      pending_until = null, grace = null
    from e where t.token_id = e.token_id
  ), grace as (
    update hq.store_token t set superseded_at = least(t.superseded_at, clock_timestamp() + f.grace)
    from first_used f where t.store_id = f.store_id and t.token_id <> f.token_id and t.revoked_at is null and t.pending_until is null
  )
  update hq.store_connection c set
    connection_id = e.connection_id,
    token_id = e.token_id,
    replica_id = $2,
    connected_at = clock_timestamp() - e.age_ms * interval '1 ms',
    last_heartbeat_at = clock_timestamp() - e.age_ms * interval '1 ms',
    connects_total = c.connects_total + 1,
    previous_instance_id = case when c.instance_id <> e.instance_id then c.instance_id else c.previous_instance_id end,
    duplicate_server_at = case
      when c.instance_id <> e.instance_id and c.previous_instance_id = e.instance_id
        and c.connected_at > clock_timestamp() - interval '10 minutes' then clock_timestamp()
      else c.duplicate_server_at end,
    instance_id = e.instance_id,
    agent_version = e.agent_version,
    schema_version = e.schema_version,
    schema_compatible = e.schema_compatible,
    clock_skew_ms = e.skew_ms,
    pending_records = e.pending,
    oldest_pending_at = case when e.pending > 0 then c.oldest_pending_at end,
    queues = case when e.pending > 0 then c.queues else '[]' end
  from e
  where c.store_id = e.store_id`;

function heartbeatRow(change: Extract<FleetChange, { type: 'heartbeat' }>) {
  const { heartbeat } = change;
  const push = heartbeat.queues.filter((queue) => queue.direction === 'push');
  const oldest = push.flatMap((queue) => queue.oldestPendingAt ?? []).map((at) => Date.parse(at));
  return {
    store_id: change.storeId,
    connection_id: change.connectionId,
    age_ms: ageMs(change),
    skew_ms: Math.round(change.skewMs),
    last_sale_at: heartbeat.lastSaleAt,
    pending: push.reduce((sum, queue) => sum + queue.pendingRecords, 0),
    oldest_pending_at: oldest.length > 0 ? new Date(Math.min(...oldest)).toISOString() : null,
    withheld: heartbeat.withheldRecords,
    disk_used: heartbeat.disk.usedBytes,
    disk_limit: heartbeat.disk.limitBytes,
    open_registers: heartbeat.openRegisters,
    queues: heartbeat.queues,
    days: heartbeat.days,
  };
}

// `oldest_pending_at` is the store's claim by the store's clock: its skew is taken out here, once.
const writeHeartbeats = `
  with e as (
    select * from jsonb_to_recordset($1::jsonb) as r(store_id text, connection_id uuid, age_ms float8, skew_ms bigint,
      last_sale_at timestamptz, pending bigint, oldest_pending_at timestamptz, withheld bigint, disk_used bigint,
      disk_limit bigint, open_registers jsonb, queues jsonb, days jsonb)
  ), written as (
    update hq.store_connection c set
      last_heartbeat_at = clock_timestamp() - e.age_ms * interval '1 ms',
      clock_skew_ms = e.skew_ms,
      last_sale_at = e.last_sale_at,
      pending_records = e.pending,
      oldest_pending_at = e.oldest_pending_at - e.skew_ms * interval '1 ms',
      withheld_records = e.withheld,
      disk_used_bytes = e.disk_used,
      disk_limit_bytes = e.disk_limit,
      open_registers = e.open_registers,
      queues = e.queues,
      days = e.days
    from e
    where c.store_id = e.store_id and c.connection_id = e.connection_id
    returning c.connection_id
  )
  select e.connection_id from e where e.connection_id not in (select connection_id from written)`;

function endedRow(change: Extract<FleetChange, { type: 'disconnected' | 'heartbeat_lost' }>) {
  return {
    store_id: change.storeId,
    connection_id: change.connectionId,
    age_ms: ageMs(change),
    reason: change.type === 'disconnected' ? change.reason : ('heartbeat lost' satisfies DisconnectReason),
    closed: change.type === 'disconnected',
  };
}

const writeEnded = `
  with e as (
    select * from jsonb_to_recordset($1::jsonb) as r(store_id text, connection_id uuid, age_ms float8, reason text, closed boolean)
  ), counted as (
    insert into hq.store_disconnect_total as t (store_id, reason, total)
    select store_id, reason, 1 from e
    on conflict (store_id, reason) do update set total = t.total + 1, changed_at = clock_timestamp()
  )
  update hq.store_connection c set
    connection_id = null,
    replica_id = null,
    disconnected_at = clock_timestamp() - e.age_ms * interval '1 ms',
    disconnect_reason = e.reason
  from e
  where e.closed and c.store_id = e.store_id and c.connection_id = e.connection_id`;

function outlivedRow({ storeId, instanceId }: Extract<FleetChange, { type: 'outlived' }>) {
  return { store_id: storeId, instance_id: instanceId };
}

// One database runs once: when the replaced one lives beside the one that replaced it, they are clones. With another
// instance it may be the old machine of a store, switched off in a minute.
const writeOutlived = `
  update hq.store_connection c set duplicate_server_at = clock_timestamp()
  from jsonb_to_recordset($1::jsonb) as e(store_id text, instance_id uuid)
  where c.store_id = e.store_id and c.instance_id = e.instance_id`;
