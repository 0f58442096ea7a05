import type { Socket } from 'node:net';
import { limits } from '@hq-sync/protocol/limits';
import type { ErrorCode } from '@hq-sync/protocol/error-code';
import type { Command, News, StoreSettings } from '@hq-sync/protocol/hq-message';
import type { CommandDone, Heartbeat, Hello, NewToken, Report } from '@hq-sync/protocol/store-message';
import type { WebSocket } from 'ws';
import type { Config } from '../config.js';
import type { Pool } from '../db/database.js';
import type { Events } from '../events.js';
import type { DisconnectReason } from '../fleet/disconnect-reason.js';
import { Fleet } from '../fleet/fleet.js';
import type { FleetWriter } from '../fleet/fleet-writer.js';
import { LivenessClock } from '../fleet/liveness-clock.js';
import { readStoreSettings } from '../fleet/store-settings.js';
import type { StoreIdentity, TokenRejection } from '../fleet/store-token.js';
import { keepNewToken } from '../fleet/token-rotation.js';
import { commandFrame, waitingCommands, type WatchedFleet } from '../fleet/watch.js';
import type { FailureRecorder } from '../sync/failure-recorder.js';
import { kindOf } from '../sync/kind-of.js';
import type { PublishedFleet } from '../sync/publisher.js';
import { span } from '../tracing-span.js';
import { StoreConnection, type ConnectionEvents, type ConnectionRules } from './connection.js';
import { maxTickMs, startSweep } from './sweep.js';

export interface StoreSocketsContext {
  readonly config: Config;
  readonly pool: Pool;
  readonly events: Events;
  readonly writer: FleetWriter;
  readonly failures: FailureRecorder;
  readonly epoch: string;
  /** Wall clock, for what is said to stores and for their skew. */
  readonly clock: () => Date;
}

/** All store sockets of this process: what each frame means for HQ. */
export class StoreSockets implements ConnectionEvents, WatchedFleet, PublishedFleet {
  readonly fleet = new Fleet();
  private readonly open = new Set<StoreConnection>();
  private readonly liveness = new LivenessClock(maxTickMs);
  private readonly sweep: { stop(): void };

  constructor(private readonly context: StoreSocketsContext) {
    const { config, events } = context;
    const rules: ConnectionRules = {
      pingIntervalMs: config.HQ_PING_INTERVAL_MS,
      silenceLimitMs: config.HQ_SILENCE_LIMIT_MS,
      pushSilenceLimitMs: config.HQ_PUSH_SILENCE_LIMIT_MS,
      heartbeatWindowMs: config.HQ_HEARTBEAT_WINDOW_MS,
      helloTimeoutMs: limits.helloTimeoutMs,
    };
    this.sweep = startSweep(this.liveness, this.open, rules, (lateMs) => events.sweepLate(lateMs));
  }

  get size(): number {
    return this.open.size;
  }

  accept(ws: WebSocket, socket: Socket, identity: StoreIdentity, remoteAddress: string): void {
    this.open.add(new StoreConnection(ws, socket, identity, remoteAddress, this.liveness, this));
  }

  // ConnectionEvents ---------------------------------------------------------------------------------------

  hello(connection: StoreConnection, hello: Hello): void {
    const skewMs = this.skewMs(hello.clock);
    const compatible = this.context.config.HQ_ACCEPTED_SCHEMA_VERSIONS.includes(hello.schemaVersion);
    this.fleet.register(connection);
    this.context.writer.add({
      ...this.about(connection),
      type: 'connected',
      tokenId: connection.tokenId,
      hello,
      compatible,
      skewMs,
    });
    this.context.events.storeConnected(connection, hello);
    void span('socket hello', { 'hq.store_id': connection.storeId }, () =>
      this.welcome(connection, compatible),
    ).catch((error: unknown) => {
      // Without its settings the store cannot be welcomed: it comes back, with backoff, when HQ can read again.
      this.context.events.databaseFailed('welcome', error);
      connection.close('socket closed', 'database_unavailable');
    });
  }

  heartbeat(connection: StoreConnection, heartbeat: Heartbeat): void {
    span('socket heartbeat', { 'hq.store_id': connection.storeId }, () => {
      this.context.events.heartbeatReceived();
      // Not spread from `about`: that alone took 3 µs, a fifth of all that is done for a heartbeat.
      this.context.writer.add({
        storeId: connection.storeId,
        connectionId: connection.connectionId,
        atMs: performance.now(),
        type: 'heartbeat',
        heartbeat,
        skewMs: this.skewMs(heartbeat.clock),
      });
    });
  }

  report(connection: StoreConnection, report: Report): void {
    void this.context.failures
      .record({
        storeId: connection.storeId,
        entity: report.entity,
        direction: report.direction,
        kind: kindOf(report.code) ?? 'network_timeout',
        code: report.code,
        message: report.message,
        source: 'store',
        times: report.attempts,
        reportId: report.reportId,
      })
      .then((written) => {
        // Unanswered, the store says it again: a report is never lost between two memories.
        if (written) connection.send({ type: 'report_received', reportId: report.reportId });
      });
  }

  commandDone(connection: StoreConnection, done: CommandDone): void {
    this.context.pool
      .query(finishCommand, [done.commandId, connection.storeId, done.outcome, done.message ?? null])
      .catch((error: unknown) => this.context.events.databaseFailed('command_done', error)); // delivered again at the next watch
  }

  newToken(connection: StoreConnection, token: NewToken): void {
    const { pool, events } = this.context;
    keepNewToken(pool, connection.storeId, token, connection.remoteAddress).then(
      // Unanswered, the store says it again when the command comes again.
      (usableUntil) =>
        usableUntil &&
        connection.send({
          type: 'new_token_known',
          commandId: token.commandId,
          usableUntil: usableUntil.toISOString(),
        }),
      (error: unknown) => events.databaseFailed('new_token', error),
    );
  }

  frameRefused(connection: StoreConnection, code: ErrorCode, message: string): void {
    this.context.events.frameRefused(connection.storeId, code);
    void this.context.failures.record({ storeId: connection.storeId, code, message, source: 'socket' });
  }

  heartbeatLost(connection: StoreConnection): void {
    this.context.events.heartbeatLost(connection.storeId);
    this.context.writer.add({ ...this.about(connection), type: 'heartbeat_lost' });
  }

  closed(connection: StoreConnection, reason: DisconnectReason): void {
    this.open.delete(connection);
    this.fleet.remove(connection);
    if (!connection.hello) return; // it never was the store's connection
    this.context.writer.add({ ...this.about(connection), type: 'disconnected', reason });
    this.context.events.storeDisconnected(connection, reason);
  }

  outlived(connection: StoreConnection, hello: Hello): void {
    this.context.events.replacedStoreAnswered(connection);
    this.context.writer.add({ ...this.about(connection), type: 'outlived', instanceId: hello.instanceId });
  }

  // WatchedFleet -------------------------------------------------------------------------------------------

  connected(): { storeIds: string[]; tokenIds: string[] } {
    return {
      storeIds: [...this.open].map((one) => one.storeId),
      tokenIds: [...this.open].map((one) => one.tokenId),
    };
  }

  tokenEnded(
    tokenId: string,
    rejection: Exclude<TokenRejection, 'token_missing' | 'token_unknown'>,
    archived: boolean,
  ): void {
    const reason = archived ? 'store archived' : (rejection.replace('_', ' ') as DisconnectReason);
    for (const connection of this.open) if (connection.tokenId === tokenId) connection.close(reason);
  }

  deliver(storeId: string, command: Command): void {
    this.fleet.get(storeId)?.send(command);
  }

  news(storeId: string, news: News): void {
    this.fleet.get(storeId)?.send(news);
  }

  settingsChanged(store: StoreSettings): void {
    this.fleet.get(store.storeId)?.sendSettings(store);
  }

  // ---------------------------------------------------------------------------------------------------------

  /** A connection elsewhere has replaced these. */
  superseded(connectionIds: readonly string[]): void {
    const ids = new Set(connectionIds);
    for (const connection of this.open) if (ids.has(connection.connectionId)) connection.close('replaced');
  }

  /** A byte of this store came over HTTP. */
  touch(storeId: string): void {
    this.fleet.get(storeId)?.touch();
  }

  /** The body of a push of this store is read while `work` runs. */
  async whileReceiving<T>(storeId: string, work: () => Promise<T>): Promise<T> {
    const connection = this.fleet.get(storeId);
    if (!connection) return work();
    connection.bodiesOnTheirWay += 1;
    try {
      return await work();
    } finally {
      connection.bodiesOnTheirWay -= 1;
    }
  }

  /** Says goodbye to every store, each with its own time to come back. */
  shutdown(): void {
    this.sweep.stop();
    for (const connection of [...this.open]) {
      const reconnectAfterMs = Math.round(Math.random() * this.context.config.HQ_SHUTDOWN_SPREAD_MS);
      connection.send({ type: 'goodbye', reconnectAfterMs });
      connection.close('HQ shutting down');
    }
  }

  private async welcome(connection: StoreConnection, compatible: boolean): Promise<void> {
    const { config, pool, epoch } = this.context;
    const store = await readStoreSettings(pool, connection.storeId);
    if (!store) return connection.close('store archived');
    const { rows } = await pool.query<Parameters<typeof commandFrame>[0]>(waitingCommands, [
      [connection.storeId],
    ]);
    const pushAgain = await this.lostEntities(connection);
    connection.sendSettings(store);
    connection.send({
      type: 'welcome',
      connectionId: connection.connectionId,
      epoch,
      clock: this.context.clock().toISOString(),
      heartbeatIntervalMs: config.HQ_HEARTBEAT_INTERVAL_MS,
      store,
      schema: { accepted: config.HQ_ACCEPTED_SCHEMA_VERSIONS, compatible },
      limits: {
        maxBatchRecords: config.HQ_MAX_BATCH_RECORDS,
        maxBatchBytes: config.HQ_MAX_BATCH_BYTES,
        maxRecordBytes: config.HQ_MAX_RECORD_BYTES,
      },
      ...(pushAgain.length > 0 && { pushAgain }),
      commands: rows.map(commandFrame),
    });
  }

  /** Entities of which the store holds a higher receipt than HQ has given by its database. */
  private async lostEntities({ storeId, hello }: StoreConnection): Promise<string[]> {
    const receipts = hello?.receipts ?? [];
    if (receipts.length === 0) return [];
    const { rows } = await this.context.pool.query<{ entity: string }>(lostEntities, [
      storeId,
      JSON.stringify(receipts),
    ]);
    const lost = rows.map(({ entity }) => entity);
    if (lost.length > 0) this.context.events.pushesLost(storeId, lost);
    return lost;
  }

  private about(connection: StoreConnection) {
    return { storeId: connection.storeId, connectionId: connection.connectionId, atMs: performance.now() };
  }

  /** How far the store's clock is ahead of HQ's. The time on the wire is in it: skews of seconds are what matters. */
  private skewMs(storeClock: string): number {
    return Date.parse(storeClock) - this.context.clock().getTime();
  }
}

const lostEntities = `
  select distinct r.entity from jsonb_to_recordset($2::jsonb) as r(entity text, receipt bigint)
  left join hq.store_entity e on e.store_id = $1 and e.entity = r.entity and e.direction = 'push'
  where r.receipt > coalesce(e.receipts, 0)
  order by 1`;

// A resync ends with the last page that the store confirms; here what the store refuses, or calls done before that. A
// store leaves out what it does not pull and has never begun it then; HQ may not have known that.
const finishCommand = `
  with finished as (
    update hq.store_command set done_at = clock_timestamp(), outcome = $3::text, message = $4::text
    where command_id = $1 and store_id = $2 and done_at is null
    returning command, job_id
  )
  update hq.resync_job j set
    state = case when $3::text = 'done' and e.carried_out then 'done' else 'failed' end,
    ended_at = clock_timestamp(),
    message = case
      when $3::text = 'refused' then coalesce($4::text, 'the store refused')
      when not e.carried_out then 'the store said done before it had confirmed everything'
      else 'the store does not pull ' || e.left_out
    end
  from finished f, lateral (
    select count(*) filter (where done) > 0 and count(*) filter (where begun and not done) = 0 as carried_out,
      string_agg(entity, ', ' order by entity) filter (where not begun and not done) as left_out
    from hq.resync_entity e where e.job_id = f.job_id
  ) e
  where f.command = 'resync' and j.job_id = f.job_id and j.state = 'running'`;
