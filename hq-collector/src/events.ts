import type { Direction } from '@hq-sync/protocol/entity';
import type { ErrorCode } from '@hq-sync/protocol/error-code';
import type { RecordResult } from '@hq-sync/protocol/push';
import type { Hello } from '@hq-sync/protocol/store-message';
import type { Logger } from 'pino';
import type { DisconnectReason } from './fleet/disconnect-reason.js';
import type { PageRefusal } from './page/access.js';
import type { ProcessMetrics } from './metrics/process-metrics.js';

interface OfStore {
  readonly storeId: string;
  readonly connectionId: string;
  readonly remoteAddress: string;
}

/** Every fact of the business has one function here; it counts and logs. Nothing else increments a counter. */
export class Events {
  constructor(
    private readonly metrics: ProcessMetrics,
    private readonly log: Logger,
  ) {}

  storeConnected({ storeId, connectionId, remoteAddress }: OfStore, hello: Hello): void {
    this.metrics.connects.inc();
    this.log.info(
      {
        storeId,
        connectionId,
        remoteAddress,
        agentVersion: hello.agentVersion,
        schemaVersion: hello.schemaVersion,
      },
      'store connected',
    );
  }

  storeDisconnected({ storeId, connectionId }: OfStore, reason: DisconnectReason): void {
    this.metrics.disconnects.inc({ reason });
    this.log.info({ storeId, connectionId, reason }, 'store disconnected');
  }

  /** Two store servers run with one token, or did for a moment. */
  replacedStoreAnswered({ storeId, connectionId, remoteAddress }: OfStore): void {
    this.log.warn({ storeId, connectionId, remoteAddress }, 'a store server that was replaced lives on');
  }

  /** HQ was restored from a backup and asks the store for what it lacks. */
  pushesLost(storeId: string, entities: readonly string[]): void {
    this.log.warn({ storeId, entities }, 'HQ lacks pushes that it had committed; the store pushes again');
  }

  heartbeatReceived(): void {
    this.metrics.heartbeats.inc();
  }

  heartbeatLost(storeId: string): void {
    this.log.warn({ storeId }, 'heartbeat lost');
  }

  frameRefused(storeId: string, code: ErrorCode): void {
    this.metrics.framesRefused.inc({ code });
    this.log.warn({ storeId, code }, 'frame refused');
  }

  /** A stranger can cause this as often as it likes: counted, and logged at debug only. */
  tokenRejected(code: ErrorCode, source: string, storeId: string | undefined): void {
    this.metrics.tokensRejected.inc({ code });
    this.log.debug({ code, source, storeId }, 'token rejected');
  }

  upgradeRefused(code: ErrorCode, source: string): void {
    this.metrics.upgradesRefused.inc({ code });
    this.log.debug({ code, source }, 'upgrade refused');
  }

  pushCommitted(
    storeId: string,
    entity: string,
    results: readonly RecordResult[],
    durationSeconds: number,
  ): void {
    this.metrics.syncDuration.observe({ direction: 'push', outcome: 'success' }, durationSeconds);
    this.metrics.batchRecords.observe({ direction: 'push' }, results.length);
    for (const { code } of results) {
      if (code) this.metrics.recordsQuarantined.inc({ code });
    }
    this.log.debug({ storeId, entity, records: results.length, durationSeconds }, 'push committed');
  }

  pullAnswered(records: number, durationSeconds: number): void {
    this.metrics.syncDuration.observe({ direction: 'pull', outcome: 'success' }, durationSeconds);
    if (records > 0) this.metrics.batchRecords.observe({ direction: 'pull' }, records);
  }

  operationFailed(
    direction: Direction,
    storeId: string,
    entity: string,
    code: ErrorCode,
    durationSeconds: number,
  ): void {
    this.metrics.syncDuration.observe({ direction, outcome: 'failure' }, durationSeconds);
    this.metrics.syncFailures.inc({ code });
    this.log.warn({ direction, storeId, entity, code, durationSeconds }, 'sync operation failed');
  }

  pagesUnconfirmed(pages: number): void {
    this.metrics.syncFailures.inc({ code: 'page_unconfirmed' }, pages);
    this.log.warn({ pages }, 'pages were not confirmed in time');
  }

  httpAnswered(method: string, route: string, status: number, durationSeconds: number): void {
    this.metrics.httpDuration.observe({ method, route, status }, durationSeconds);
  }

  statementEnded(succeeded: boolean, durationSeconds: number): void {
    this.metrics.dbDuration.observe({ outcome: succeeded ? 'success' : 'failure' }, durationSeconds);
  }

  databaseFailed(operation: string, error: unknown): void {
    this.metrics.databaseFailures.inc({ operation });
    this.log.error({ operation, err: error }, 'database operation failed');
  }

  failuresDropped(failures: number): void {
    this.metrics.failuresDropped.inc(failures);
  }

  /** Anybody who reaches the port can cause this: counted, and logged at debug only. */
  pageRefused(reason: PageRefusal | 'too_many_streams'): void {
    this.metrics.pageRefusals.inc({ reason });
    this.log.debug({ reason }, 'page refused');
  }

  pageViewerCut(): void {
    this.metrics.pageViewersCut.inc();
  }

  sweepLate(lateMs: number): void {
    this.metrics.sweepLate.inc(lateMs / 1000);
  }

  requestFailed(route: string, error: unknown): void {
    this.log.error({ route, err: error }, 'request failed');
  }

  audited(actor: string, action: string, storeId: string | null): void {
    this.log.info({ actor, action, storeId }, 'audited');
  }
}
