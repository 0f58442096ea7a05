import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { ensureAdminToken } from './admin/admin-token.js';
import type { Config } from './config.js';
import { openPool, type Pool } from './db/database.js';
import { migrate } from './db/migrate.js';
import { Listener } from './db/listener.js';
import { ReadingLoop } from './db/reading-loop.js';
import { maintainPartitions } from './db/partitions.js';
import { Events } from './events.js';
import { enrolRoute } from './fleet/enrol-route.js';
import { FleetWriter } from './fleet/fleet-writer.js';
import { Lease } from './fleet/lease.js';
import { authenticate, isTokenRejection, type TokenRejection } from './fleet/store-token.js';
import { storeChangedChannel, Watch } from './fleet/watch.js';
import { createApp } from './http/app.js';
import { clientAddress } from './http/client-address.js';
import { codedError } from './http/coded-error.js';
import { healthz, readyz } from './http/health.js';
import { ProcessMetrics } from './metrics/process-metrics.js';
import { createStoresEndpoint } from './metrics/stores-endpoint.js';
import { LivePages } from './page/live-pages.js';
import { createPageRouter } from './page/page-router.js';
import { StoreSockets } from './socket/store-sockets.js';
import { createUpgradeHandler } from './socket/upgrade.js';
import { endEpisodes } from './sync/error-episodes.js';
import { FailureRecorder } from './sync/failure-recorder.js';
import { EmptyChecks } from './sync/empty-checks.js';
import { failLatePages } from './sync/late-pages.js';
import { Places } from './sync/places.js';
import { hqDataChangedChannel, publishedChannel, Publisher } from './sync/publisher.js';
import { PullRoute } from './sync/pull-route.js';
import { startQueuedResyncs } from './sync/resync-schedule.js';
import { PushRoute } from './sync/push-route.js';

const maintenanceIntervalMs = 3_600_000;
/** Under Node's default of 5 s a store's keep-alive connection dies between two pushes just as it is used. */
const keepAliveTimeoutMs = 75_000;

export interface Collector {
  readonly url: string;
  readonly port: number;
  readonly replicaId: string;
  /** Drains and closes everything; resolves when nothing is left open. Can be called again. */
  stop(): Promise<void>;
}

export interface CollectorParts {
  readonly log: Logger;
  /** Wall clock; tests set it. */
  readonly clock?: () => Date;
}

/**
 * The map of the program: builds every part from a plain config, in the order in which they need each other, and
 * takes them down in reverse.
 * @throws when Postgres does not answer, a migration fails or the port is taken; nothing is left open then.
 */
export async function startCollector(
  config: Config,
  { log, clock = () => new Date() }: CollectorParts,
): Promise<Collector> {
  const replicaId = randomUUID();
  const metrics = new ProcessMetrics(config.version);
  const events = new Events(metrics, log);
  const migrations = await migrate(config.DATABASE_URL);
  if (migrations.length > 0) log.info({ migrations }, 'database migrated');

  const pool = openPool(config, {
    error: (error) => events.databaseFailed('idle connection', error),
    statementEnded: (succeeded, seconds) => events.statementEnded(succeeded, seconds),
  });
  const closers: (() => unknown)[] = [() => pool.end()];
  let draining = false;
  try {
    const token = await ensureAdminToken(pool, config.HQ_ADMIN_TOKEN_FILE);
    if (token === 'written') log.info({ file: config.HQ_ADMIN_TOKEN_FILE }, 'first admin token written');
    closers.unshift(await startMaintenance(pool, config, events));

    const failures = new FailureRecorder(pool, {
      failed: (error) => events.databaseFailed('write failures', error),
      dropped: (count) => events.failuresDropped(count),
    });
    closers.unshift(() => failures.stop());

    const writer: FleetWriter = new FleetWriter(pool, replicaId, config.HQ_FLUSH_INTERVAL_MS, {
      failed: (error) => events.databaseFailed('write fleet', error),
      superseded: (connectionIds) => sockets.superseded(connectionIds),
    });
    closers.unshift(() => writer.stop());
    const sockets: StoreSockets = new StoreSockets({
      config,
      pool,
      events,
      writer,
      failures,
      clock,
      epoch: await readEpoch(pool),
    });

    const lease = new Lease(pool, replicaId, config, (error) => events.databaseFailed('lease', error));
    const watch = new Watch(pool, config.HQ_WATCH_INTERVAL_MS, sockets, (error) =>
      events.databaseFailed('watch', error),
    );
    const publisher = new Publisher(
      pool,
      { intervalMs: config.HQ_WATCH_INTERVAL_MS, newsPerSecond: config.HQ_NEWS_PER_SECOND },
      sockets,
      (error) => events.databaseFailed('publish', error),
    );
    const latePages = new ReadingLoop(
      config.HQ_WATCH_INTERVAL_MS,
      async () => {
        const pages = await failLatePages(pool, config.HQ_CONFIRM_TIMEOUT_MS);
        if (pages > 0) events.pagesUnconfirmed(pages);
      },
      (error) => events.databaseFailed('late pages', error),
    );
    const resyncs = new ReadingLoop(
      config.HQ_WATCH_INTERVAL_MS,
      async () =>
        void (await startQueuedResyncs(pool, config.HQ_MAX_RUNNING_RESYNCS, config.HQ_RESYNC_STALL_MS)),
      (error) => events.databaseFailed('start resyncs', error),
    );
    const episodes = new ReadingLoop(
      config.HQ_WATCH_INTERVAL_MS,
      () => endEpisodes(pool),
      (error) => events.databaseFailed('end episodes', error),
    );
    const listener = new Listener(
      config.DATABASE_URL,
      {
        [storeChangedChannel]: () => void watch.read(),
        [hqDataChangedChannel]: () => void publisher.read(),
        [publishedChannel]: () => void publisher.read(),
      },
      (error) => events.databaseFailed('listen', error),
    );
    const emptyChecks = new EmptyChecks(pool, config.HQ_FLUSH_INTERVAL_MS, (error) =>
      events.databaseFailed('write checks', error),
    );
    closers.unshift(() => emptyChecks.stop());
    const addressOf = clientAddress(config.HQ_TRUSTED_PROXIES ?? []);
    const tokenRejected = (code: TokenRejection, source: string, storeId: string | undefined) => {
      events.tokenRejected(code, source, storeId);
      failures.rejectedToken(code, source, storeId);
    };
    const push = new PushRoute({
      config,
      pool,
      addressOf,
      events,
      failures,
      tokenRejected,
      touch: (storeId) => sockets.touch(storeId),
      whileReceiving: (storeId, work) => sockets.whileReceiving(storeId, work),
      draining: () => draining,
    });
    const pull = new PullRoute({
      config,
      pool,
      addressOf,
      events,
      failures,
      emptyChecks,
      tokenRejected,
      touch: (storeId) => sockets.touch(storeId),
      draining: () => draining,
    });
    const pages = new LivePages(
      pool,
      { resyncStallMs: config.HQ_RESYNC_STALL_MS },
      {
        failed: (error) => events.databaseFailed('read page', error),
        streamRefused: () => events.pageRefused('too_many_streams'),
        viewerTooSlow: () => events.pageViewerCut(),
      },
    );
    const storeMetrics = createStoresEndpoint({ pool, log });
    metrics.observe({
      sockets: () => sockets.size,
      pushesInFlight: () => push.inFlight,
      pullsInFlight: () => pull.inFlight,
      pullsWaiting: () => pull.waiting,
      pool: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
      leaseHeld: () => lease.held(),
      leaseAgeSeconds: () => lease.ageMs() / 1000,
      fleetChangesWaiting: () => writer.waitingChanges,
      failuresWaiting: () => failures.waitingFailures,
      pageStreams: () => pages.streams,
    });

    const app = createApp({
      admin: {
        pool,
        config,
        addressOf,
        events,
        uploads: new Places(1),
        publish: () => publisher.read(),
        startResyncs: () => resyncs.read(),
      },
      push,
      pull,
      enrol: enrolRoute(pool, addressOf),
      metrics,
      storeMetrics: storeMetrics.handler,
      page: createPageRouter({
        live: pages,
        grafanaUrl: config.HQ_GRAFANA_URL,
        refused: (refusal) => events.pageRefused(refusal),
        login: config.HQ_PAGE_LOGIN === 'on' ? { pool, addressOf } : undefined,
      }),
      healthz,
      readyz: readyz(pool, { leaseHeld: () => lease.held(), draining: () => draining }),
    });
    const server = createServer(
      {
        keepAliveTimeout: keepAliveTimeoutMs,
        headersTimeout: 10_000,
        requestTimeout: config.HQ_BODY_DEADLINE_MS + 30_000,
      },
      app,
    );
    server.on(
      'upgrade',
      createUpgradeHandler({
        addressOf,
        authenticate: (authorization) => authenticate(pool, authorization),
        closedFor: () =>
          draining ? 'shutting_down' : sockets.size >= config.HQ_MAX_CONNECTIONS ? 'overloaded' : undefined,
        rejected: (code, source, storeId) => {
          if (isTokenRejection(code)) tokenRejected(code, source, storeId);
          else events.upgradeRefused(code, source);
        },
        failed: (error) => {
          events.databaseFailed('authenticate', error);
          return codedError(error).code;
        },
        accepted: (ws, socket, identity, remoteAddress) =>
          sockets.accept(ws, socket, identity, remoteAddress),
      }),
    );

    await lease.start();
    closers.unshift(() =>
      lease.release().catch((error: unknown) => events.databaseFailed('release lease', error)),
    );
    watch.start();
    publisher.start();
    latePages.start();
    resyncs.start();
    episodes.start();
    listener.start();
    closers.unshift(
      () => listener.stop(),
      () => watch.stop(),
      () => publisher.stop(),
      () => latePages.stop(),
      () => resyncs.stop(),
      () => episodes.stop(),
      () => storeMetrics.close(),
      () => pages.close(),
    );
    closers.unshift(() => sockets.shutdown());
    const port = await listen(server, config);
    closers.unshift(() => closeServer(server, config.HQ_SHUTDOWN_DEADLINE_MS));

    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> =>
      (stopped ??= (async () => {
        draining = true;
        sockets.shutdown();
        pages.endStreams();
        for (const close of closers) await close();
        log.info('collector stopped');
      })());
    log.info({ host: config.HQ_HOST, port, replicaId }, 'collector started');
    return { url: `http://${config.HQ_HOST}:${port}`, port, replicaId, stop };
  } catch (error) {
    for (const close of closers) await Promise.resolve(close()).catch(() => undefined);
    throw error;
  }
}

async function readEpoch(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ epoch: string }>('select epoch from hq.headquarters');
  return rows[0]!.epoch;
}

async function startMaintenance(pool: Pool, config: Config, events: Events): Promise<() => void> {
  const retention = {
    logDays: config.HQ_LOG_RETENTION_DAYS,
    errorDays: config.HQ_ERROR_RETENTION_DAYS,
    tombstoneDays: config.HQ_TOMBSTONE_DAYS,
  };
  // Rows without a partition of their day go to the default one: a maintenance that fails keeps no store waiting.
  const maintain = () =>
    maintainPartitions(pool, retention).catch((error: unknown) =>
      events.databaseFailed('maintenance', error),
    );
  await maintain();
  const timer = setInterval(() => void maintain(), maintenanceIntervalMs);
  return () => clearInterval(timer);
}

function listen(server: Server, config: Config): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.HQ_PORT, config.HQ_HOST, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Takes no more connections, waits for the requests under way, then cuts what is left. */
async function closeServer(server: Server, deadlineMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const idle = setInterval(() => server.closeIdleConnections(), 100);
  const timer = setTimeout(() => server.closeAllConnections(), deadlineMs);
  await closed;
  clearInterval(idle);
  clearTimeout(timer);
}
