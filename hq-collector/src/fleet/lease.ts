import type { Config } from '../config.js';
import type { Pool } from '../db/database.js';

/**
 * This collector's lease in Postgres: the proof, by Postgres's clock alone, that it lives. While it cannot be
 * renewed, no view shows this collector's stores green.
 */
export class Lease {
  private timer: NodeJS.Timeout | undefined;
  private renewing: Promise<void> | undefined;
  private stopped = false;
  /** Monotonic time of the last renewal's start; the lease is sure to last `HQ_LEASE_MS` from then. */
  private renewedAtMs = -Infinity;

  constructor(
    private readonly pool: Pool,
    private readonly replicaId: string,
    private readonly config: Config,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Takes the lease for the first time. @throws when Postgres does not answer. */
  async start(): Promise<void> {
    await this.pool.query('update hq.headquarters set heartbeat_window_ms = $1, restart_grace_ms = $2', [
      this.config.HQ_HEARTBEAT_WINDOW_MS,
      this.config.HQ_RESTART_GRACE_MS,
    ]);
    const startedMs = performance.now();
    await this.pool.query(takeLease, [
      this.replicaId,
      this.config.replicaHost,
      this.config.version,
      this.config.HQ_LEASE_MS,
    ]);
    this.renewedAtMs = startedMs;
    this.schedule();
  }

  held(): boolean {
    return performance.now() - this.renewedAtMs < this.config.HQ_LEASE_MS;
  }

  ageMs(): number {
    return performance.now() - this.renewedAtMs;
  }

  /** Gives the lease back, so that nobody waits for it to lapse. */
  async release(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.renewing;
    await this.pool.query('update hq.collector set lease_until = clock_timestamp() where replica_id = $1', [
      this.replicaId,
    ]);
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      this.renewing = this.renew().finally(() => {
        if (!this.stopped) this.schedule();
      });
    }, this.config.HQ_LEASE_RENEWAL_MS);
  }

  private async renew(): Promise<void> {
    const startedMs = performance.now();
    try {
      await this.pool.query(renewLease, [this.replicaId, this.config.HQ_LEASE_MS]);
      await this.pool.query(sweepLostCollectors);
      this.renewedAtMs = startedMs;
    } catch (error) {
      this.onError(error);
    }
  }
}

const takeLease = `
  insert into hq.collector (replica_id, hostname, version, lease_until)
  values ($1, $2, $3, clock_timestamp() + $4 * interval '1 ms')`;

// A lease that had lapsed begins anew: what happened in the gap nobody saw, so the grace after a start applies.
const renewLease = `
  update hq.collector set
    serving_since = case when lease_until < clock_timestamp() then clock_timestamp() else serving_since end,
    renewed_at = clock_timestamp(),
    lease_until = clock_timestamp() + $2 * interval '1 ms'
  where replica_id = $1`;

// Once the grace is over, a store whose collector died and which has not come back is disconnected for good; its row
// then says so by itself and the dead collector's row can go.
const sweepLostCollectors = `
  with lost as (
    select c.store_id, c.connection_id, l.lease_until
    from hq.store_connection c
    join hq.collector l using (replica_id)
    cross join hq.headquarters h
    where c.connection_id is not null
      and l.lease_until < clock_timestamp() - h.restart_grace_ms * interval '1 ms'
    for update of c skip locked
  ), counted as (
    insert into hq.store_disconnect_total as t (store_id, reason, total)
    select store_id, 'collector lost', 1 from lost
    on conflict (store_id, reason) do update set total = t.total + 1, changed_at = clock_timestamp()
  )
  update hq.store_connection c
  set connection_id = null, replica_id = null, disconnected_at = lost.lease_until, disconnect_reason = 'collector lost'
  from lost
  where c.store_id = lost.store_id and c.connection_id = lost.connection_id`;
