// Over 400 lines: the public face of the agent and its composition root, each method a line or two of another file.
import type { Command, HqMessage } from '@hq-sync/protocol/hq-message';
import { initialEntities } from '@hq-sync/protocol/entity';
import type { Hello } from '@hq-sync/protocol/store-message';
import { currentSchemaVersion } from '@hq-sync/protocol/version';
import { pino, type Logger } from 'pino';
import { ownAgentVersion } from './agent-version.js';
import { recordLimitBytes } from './batch.js';
import { Commands } from './commands.js';
import type { ConnectionEnd } from './connection.js';
import { DayTotals } from './day-totals.js';
import { HeartbeatTimer, heartbeatOf } from './heartbeat.js';
import { HqLink } from './hq-link.js';
import { Intake } from './intake.js';
import { IntakeError } from './intake-error.js';
import { agentLimits } from './limits.js';
import { LocalCopy, type HqRecord } from './local-copy.js';
import { OfflineQueue, type EnqueueOutcome } from './offline-queue.js';
import { OpenRegisters } from './open-registers.js';
import { PushLoop, type LastError, type PushCounters } from './push-loop.js';
import { PullLoop, type PullStatus } from './pull-loop.js';
import { QueueDatabase, type DiskUse } from './queue-database.js';
import { QueueMaintenance } from './queue-maintenance.js';
import { checkRecord } from './record-check.js';
import { Receipts } from './receipts.js';
import { Reports } from './reports.js';
import { Resyncs } from './resync.js';
import { TokenWait } from './retry-schedule.js';
import { StoreCalendar } from './store-calendar.js';
import { StoreState } from './store-state.js';
import { TokenKeeper } from './token-keeper.js';

export interface AgentOptions {
  /** `http://host:port` or https, with a path if HQ is below one. */
  hqUrl: string;
  /** Sync token of the store; empty while none is there. One that the store made itself since then is used instead. */
  token: string;
  /** Called with each token that the store makes on HQ's order, once HQ has welcomed it: e.g. writes the token file. */
  onNewToken?: (token: string) => void;
  /** What this server believes it is; HQ checks it against the token. */
  storeId?: string;
  /** Holds `queue.db` and `hq-data.db`; made when it is missing. One agent at a time. */
  dataDir: string;
  /** HTTP for the POS, on loopback unless `host` says otherwise; port 0 takes a free one; null: none. */
  intake?: { host?: string; port: number } | null;
  /** Schema version of this agent's records. */
  schemaVersion?: number;
  agentVersion?: string;
  /** IANA timezone and `HH:MM`, until HQ's welcome has said them. */
  timezone?: string;
  dayCutover?: string;
  /** The agent's own limits; HQ's count too. */
  batchLimits?: Partial<{ maxBatchRecords: number; maxBatchBytes: number }>;
  /** Bound of the queue on disk. */
  maxDiskBytes?: number;
  /** Bound of the copy of HQ's data, beside that of the queue: the two together are what `dataDir` may take. */
  maxCopyBytes?: number;
  /** Entities of HQ of which the store keeps a copy; by default those that every HQ has. */
  pullEntities?: readonly string[];
  /** Longest time between two pulls of an entity without news; the shortest is half of it. */
  pullIntervalMs?: number;
  /** Deadline of one pull: connect, request and page together. */
  pullTimeoutMs?: number;
  /** Most records of one page. */
  maxPullRecords?: number;
  /** Deadline of one push: connect, body and answer together. */
  pushTimeoutMs?: number;
  /** Whether `data` is checked at intake, when the agent has the current schema version. Default true. */
  validate?: boolean;
  /** The store's clock: what is said as it, and the store's days. Never used for timeouts. */
  clock?: () => Date;
  log?: Logger;
}

export interface AgentStatus {
  connected: boolean;
  pendingRecords: number;
  withheldRecords: number;
  lastPushAt: string | null;
  lastError: LastError | null;
  storeId: string | null;
  instanceId: string;
  disk: DiskUse;
  /** The copy of HQ's data, an element for each entity that is pulled. */
  pull: PullStatus[];
  counters: PushCounters & { connects: number };
}

export interface RecordInput {
  id: string;
  /** From 1, raised by the store with each change. */
  revision: number;
  data: Record<string, unknown>;
}

export type { EnqueueOutcome, HqRecord, PullStatus };

const pulledByDefault = initialEntities
  .filter(({ direction }) => direction === 'pull')
  .map(({ name }) => name);

/**
 * The store's end of the sync: takes records of the POS, keeps them on disk, pushes them to HQ, keeps a copy of HQ's
 * records, and says that the store is alive. It never fails because HQ is away.
 */
export class StoreAgent {
  /**
   * What a simulation cannot cause from outside: heartbeats stop while the socket lives on. Everything else (a cut
   * line, a slow HQ, a rejected token, a wrong clock) is caused for real.
   */
  readonly faults = {
    stopHeartbeats: (): void => this.beats.mute(true),
    resumeHeartbeats: (): void => this.beats.mute(false),
  };

  private readonly log: Logger;
  private readonly clock: () => Date;
  private readonly schemaVersion: number;
  private readonly database: QueueDatabase;
  private readonly state: StoreState;
  private readonly queue: OfflineQueue;
  private readonly registers: OpenRegisters;
  private readonly reports: Reports;
  private readonly totals: DayTotals;
  private readonly maintenance: QueueMaintenance;
  private readonly push: PushLoop;
  private readonly copy: LocalCopy;
  private readonly resyncs: Resyncs;
  private readonly pull: PullLoop;
  private readonly link: HqLink;
  private readonly beats: HeartbeatTimer;
  private intake: Intake | null = null;
  private readonly tokens: TokenKeeper;
  private readonly receipts: Receipts;
  private readonly commands: Commands;
  private lastError: LastError | null = null;
  private stopping: Promise<void> | null = null;

  /**
   * Opens the queue, starts the intake, begins to connect.
   *
   * @throws Error when another agent has the data directory, the disk cannot be written, or the intake's port is taken.
   */
  static async start(options: AgentOptions): Promise<StoreAgent> {
    const agent = new StoreAgent(options);
    try {
      if (options.intake) agent.intake = await Intake.listen(agent, options.intake, agent.log);
    } catch (error) {
      agent.maintenance.stop();
      agent.copy.close();
      agent.database.close();
      throw error;
    }
    agent.maintenance.run();
    agent.push.start();
    agent.pull.start();
    agent.link.start();
    return agent;
  }

  private constructor(private readonly options: AgentOptions) {
    this.log = options.log ?? pino({ level: 'silent' });
    this.clock = options.clock ?? (() => new Date());
    this.schemaVersion = options.schemaVersion ?? currentSchemaVersion;
    const { clock, log } = this;

    this.database = new QueueDatabase(
      options.dataDir,
      options.maxDiskBytes ?? agentLimits.defaultMaxDiskBytes,
    );
    const { db } = this.database;
    this.state = new StoreState(db);
    this.tokens = new TokenKeeper(this.state, options.token, (token) => options.onNewToken?.(token));
    const calendar = new StoreCalendar(this.state, clock, options);
    this.totals = new DayTotals(db, calendar);
    this.queue = new OfflineQueue(this.database, this.state, calendar, this.totals, clock);
    this.receipts = new Receipts(this.state, this.queue, log);
    this.registers = new OpenRegisters(db);
    this.reports = new Reports(db, clock);
    const tokenWait = new TokenWait();
    this.push = new PushLoop({
      hqUrl: options.hqUrl,
      token: () => this.tokens.current,
      schemaVersion: this.schemaVersion,
      ownLimits: options.batchLimits ?? {},
      hqLimits: () => this.state.get('batchLimits'),
      timeoutMs: options.pushTimeoutMs ?? agentLimits.pushTimeoutMs,
      queue: this.queue,
      reports: this.reports,
      tokenWait,
      clock,
      log,
      onAnswer: () => this.link.heardByHttp(),
      onError: (code, message) => this.noteError(code, message),
      onReceipt: (entity, receipt) => this.receipts.keep(entity, receipt),
      receipt: (entity) => this.receipts.newest(entity),
      onLost: (entity) => {
        this.receipts.pushAgain([entity]);
        this.maintenance.run();
      },
      onReport: () => this.sendReports(),
      onIdle: () => this.pull.wake(),
    });
    this.copy = new LocalCopy(
      options.dataDir,
      options.maxCopyBytes ?? agentLimits.defaultMaxCopyBytes,
      log,
      () => this.pull.pullAll(),
    );
    this.resyncs = new Resyncs(this.copy);
    this.pull = new PullLoop({
      hqUrl: options.hqUrl,
      token: () => this.tokens.current,
      entities: options.pullEntities ?? pulledByDefault,
      intervalMs: options.pullIntervalMs ?? agentLimits.pullIntervalMs,
      timeoutMs: options.pullTimeoutMs ?? agentLimits.pullTimeoutMs,
      maxRecords: options.maxPullRecords ?? agentLimits.maxPullRecords,
      copy: this.copy,
      resyncs: this.resyncs,
      reports: this.reports,
      tokenWait,
      clock,
      log,
      pushing: () => this.push.isSending,
      onBytes: () => this.link.heardByHttp(),
      onError: (code, message) => this.noteError(code, message),
      onReport: () => this.sendReports(),
      onResynced: (finished) => this.commands.resynced(finished),
    });
    this.link = new HqLink({
      hqUrl: options.hqUrl,
      token: () => this.tokens.forConnection,
      onTokenWelcomed: (token) => this.tokens.welcomed(token),
      onTokenRejected: (token) => this.tokens.rejected(token),
      hello: () => this.hello(),
      syncing: () => this.push.isSending || this.pull.isPulling,
      onMessage: (message) => this.hear(message),
      onCommand: (command) => this.commands.obey(command),
      onEnd: (end) => this.disconnected(end),
      log,
    });
    this.commands = new Commands({
      resyncs: this.resyncs,
      tokens: this.tokens,
      pulls: (entity) => this.pulls(entity),
      pullNow: (entities) => {
        this.pull.endWaits('all');
        this.pull.news(entities);
      },
      pushNow: () => {
        this.queue.releaseWithheld(recordLimitBytes(this.push.limits()), true);
        this.push.endWaits('all');
      },
      connectAnew: () => this.link.connectAnew(),
      send: (message) => this.link.send(message),
    });
    this.beats = new HeartbeatTimer(() => this.beat());
    this.maintenance = new QueueMaintenance({
      database: this.database,
      queue: this.queue,
      state: this.state,
      calendar,
      totals: this.totals,
      log,
      onPending: () => this.push.wake(),
    });
  }

  /** `http://host:port` of the intake; null without one. */
  get intakeUrl(): string | null {
    return this.intake?.url ?? null;
  }

  /**
   * Queues one record. It is durable when this returns.
   *
   * @throws IntakeError `revision_conflict`, `queue_full`, `record_invalid`, `entity_invalid`, `queue_unavailable`.
   */
  enqueue(entity: string, record: RecordInput): EnqueueOutcome {
    return this.enqueueAll(entity, [record])[0] as EnqueueOutcome;
  }

  /** Queues records of one entity in one transaction, all or none; the outcomes are in their order. Throws as `enqueue`. */
  enqueueAll(entity: string, records: readonly unknown[]): EnqueueOutcome[] {
    this.refuseWhenStopping();
    const checkData = (this.options.validate ?? true) && this.schemaVersion === currentSchemaVersion;
    const checked = records.map((record, index) =>
      checkLine(entity, record, checkData, records.length > 1 ? index + 1 : null),
    );
    const outcomes = this.queue.enqueue(entity, checked, this.schemaVersion);
    this.push.wake();
    return outcomes;
  }

  /** Notes an open till and tells HQ at once. @throws IntakeError `record_invalid`, `registers_full`. */
  openRegister(register: { terminalId: string; openedAt: string; cashierId?: string }): void {
    this.refuseWhenStopping();
    this.registers.open(register);
    this.beats.soon();
  }

  /** Returns false when no such till was open. */
  closeRegister(terminalId: string): boolean {
    this.refuseWhenStopping();
    const closed = this.registers.close(terminalId);
    if (closed) this.beats.soon();
    return closed;
  }

  /** Used from here on, also by the connection, which is made anew; a wait after a rejected token ends. */
  setToken(token: string): void {
    const isAnother = this.tokens.configure(token);
    if (this.stopping !== null) return;
    this.push.endWaits(['token']);
    this.pull.endWaits(['token']);
    if (isAnother) this.link.connectAnew();
    this.link.connectNow();
  }

  /**
   * HQ's record as the store's copy has it, or null.
   *
   * @throws Error when the copy cannot be read just now.
   */
  read(entity: string, id: string): Record<string, unknown> | null {
    return this.copy.read(entity, id);
  }

  /** All records of an entity in the order of their ids, read from disk as they are asked for. Throws as `read`. */
  entries(entity: string): IterableIterator<HqRecord> {
    return this.copy.entries(entity);
  }

  /** As `entries`, some at a time and with `data` as JSON text. */
  entryPages(entity: string): IterableIterator<{ id: string; data: string }[]> {
    return this.copy.pages(entity);
  }

  /** SHA-256 of all records of an entity, see {@link LocalCopy.hash}: equal for equal copies. */
  copyHash(entity: string): Promise<string> {
    return this.copy.hash(entity);
  }

  /** Whether the store keeps a copy of this entity. */
  pulls(entity: string): boolean {
    return this.pull.entities.includes(entity);
  }

  status(): AgentStatus {
    return {
      connected: this.link.connected,
      pendingRecords: this.queue.pendingRecords,
      withheldRecords: this.queue.withheldRecords,
      lastPushAt: this.push.lastPushAt,
      lastError: this.lastError,
      storeId: this.state.get('settings')?.storeId ?? this.options.storeId ?? null,
      instanceId: this.state.instanceId,
      disk: this.queue.diskUse(),
      pull: this.pull.status(),
      counters: { ...this.push.counters, connects: this.link.connects },
    };
  }

  /** Closes the socket with 1000 and everything else; bounded by the `stop…Ms` of `limits.ts`. */
  stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  private async stopAll(): Promise<void> {
    this.beats.stop();
    this.maintenance.stop();
    this.commands.stop();
    // the intake first: what it has answered 200 is on disk, what it has not the POS sends again
    await this.intake?.close();
    await Promise.all([this.push.stop(), this.pull.stop(), this.link.stop()]);
    this.copy.close();
    this.database.close();
  }

  private refuseWhenStopping(): void {
    if (this.stopping !== null) throw new IntakeError('queue_unavailable', 'the store agent is stopping');
  }

  private hello(): Hello {
    const { storeId, agentVersion } = this.options;
    return {
      type: 'hello',
      ...(storeId === undefined ? {} : { storeId }),
      instanceId: this.state.instanceId,
      hqEpoch: this.state.get('hqEpoch'),
      agentVersion: agentVersion ?? ownAgentVersion,
      schemaVersion: this.schemaVersion,
      clock: this.clock().toISOString(),
      pendingRecords: this.queue.pendingRecords,
      receipts: this.receipts.all(),
    };
  }

  private hear(message: Exclude<HqMessage, Command>): void {
    switch (message.type) {
      case 'welcome':
        return this.welcomed(message);
      case 'settings':
        this.state.set('settings', message.store);
        return this.maintenance.run();
      case 'news':
        return this.pull.news(message.entities);
      case 'new_token_known':
        return this.commands.newTokenKnown(message.commandId);
      case 'report_received':
        return this.reports.received(message.reportId);
      case 'error':
        this.log.error(
          { code: message.code, path: message.path },
          `HQ did not take a frame: ${message.message}`,
        );
        return this.noteError(message.code, message.message);
      case 'goodbye':
        return this.log.info({ reconnectAfterMs: message.reconnectAfterMs }, 'HQ says good-bye');
    }
  }

  private welcomed(welcome: Extract<HqMessage, { type: 'welcome' }>): void {
    this.log.info({ storeId: welcome.store.storeId, connectionId: welcome.connectionId }, 'connected');
    this.push.forgetLearnedLimits();
    const storeBefore = this.state.get('settings')?.storeId ?? welcome.store.storeId;
    try {
      this.database.transaction(() => this.remember(welcome));
      this.queue.releaseWithheld(recordLimitBytes(this.push.limits()), false);
      // another store's users and prices must go
      if (storeBefore !== welcome.store.storeId) this.pull.startOver(this.pull.entities);
    } catch (error) {
      // HQ says it all again at the next connect; until then the store must still be seen alive
      this.log.error({ err: error }, 'the welcome could not be kept');
    }
    this.push.endWaits(welcome.schema.compatible ? ['network', 'token', 'schema'] : ['network', 'token']);
    this.pull.endWaits(['network', 'token', 'entity']);
    this.pull.pullAll();
    this.maintenance.run();
    this.reports.sendAllAgain();
    this.beats.start(welcome.heartbeatIntervalMs);
  }

  private remember(welcome: Extract<HqMessage, { type: 'welcome' }>): void {
    const knownEpoch = this.state.get('hqEpoch');
    const isOtherHq = knownEpoch !== null && knownEpoch !== welcome.epoch;
    if (isOtherHq || welcome.pushAgain !== undefined) this.receipts.pushAgain(welcome.pushAgain);
    this.state.set('hqEpoch', welcome.epoch);
    this.state.set('settings', welcome.store);
    this.state.set('batchLimits', welcome.limits);
  }

  private disconnected(end: ConnectionEnd): void {
    this.beats.stop();
    if (end.how !== 'stopped') this.noteError(end.code ?? codeOf(end), end.message);
  }

  private beat(): void {
    const { clock, queue, push, pull, registers, totals, state } = this;
    try {
      this.link.send(heartbeatOf({ clock, queue, push, pull, registers, totals, state }));
    } catch (error) {
      this.log.error({ err: error }, 'the heartbeat could not be made');
    }
    this.sendReports();
  }

  private sendReports(): void {
    if (!this.link.connected) return;
    try {
      for (const report of this.reports.takeDue()) this.link.send(report);
    } catch (error) {
      this.log.error({ err: error }, 'the reports could not be read');
    }
  }

  private noteError(code: string, message: string): void {
    this.lastError = { code, message, at: new Date().toISOString() };
  }
}

function codeOf(end: ConnectionEnd): string {
  if (end.closeCode !== undefined) return `closed_${end.closeCode}`;
  return end.httpStatus === undefined ? `connection_${end.how}` : `http_${end.httpStatus}`;
}

function checkLine(entity: string, record: unknown, checkData: boolean, line: number | null) {
  try {
    return checkRecord(entity, record, checkData);
  } catch (error) {
    if (!(error instanceof IntakeError) || line === null) throw error;
    const fields = error.fields.map(({ path, message }) => ({ path: `line ${line}: ${path}`, message }));
    throw new IntakeError(error.code, `line ${line}: ${error.message}`, fields, { cause: error });
  }
}
