import { limits } from '@hq-sync/protocol/limits';

/** Every bound and time of the agent that is not the wire's own, each with its unit in its name. */
export const agentLimits = {
  // the queue on disk
  defaultMaxDiskBytes: 2 * 1024 ** 3,
  /** Under this, SQLite's own pages and the reserve leave no room for records. */
  minDiskBytes: 1024 ** 2,
  /** Largest share of the bound that the write-ahead log may take; a quarter of small bounds. */
  maxWalBytes: 16 * 1024 ** 2,
  /** Kept free of records, so that a full queue can still note what HQ has taken; an eighth of small bounds. */
  maxReserveBytes: 32 * 1024 ** 2,
  walAutocheckpointPages: 1_000,
  /** HQ restored from a backup asks again for what it lacks: acknowledged records stay this long. */
  keepSettledMs: 7 * 24 * 3_600_000,
  /** Sales are remembered for revisions of the last three business dates; the rest is slack for a wrong clock. */
  keepCountedSalesDays: 14,
  /** A sale further ahead of the store's clock is no last sale; HQ has the same tolerance. */
  maxFutureMs: 24 * 3_600_000,
  /** Rows one maintenance step touches: about 3 ms of a blocked event loop. */
  maintenanceStepRows: 250,
  maintenanceIntervalMs: 60_000,
  /** Purge steps that one intake call at the bound may take before it answers 507. */
  maxPurgeStepsPerIntake: 4,
  /** What a row costs beside its data: both indexes, the day total's memory of the sale, page slack. Measured: 320. */
  rowOverheadBytes: 600,

  // intake for the POS
  maxIntakeBodyBytes: 4 * 1024 ** 2,
  maxIntakeRecords: 1_000,
  /** Fields named in one problem document. */
  maxFieldErrors: 50,
  intakeRequestTimeoutMs: 30_000,
  intakeHeadersTimeoutMs: 10_000,
  intakeKeepAliveMs: 30_000,
  maxIntakeConnections: 256,
  intakeRetryAfterSeconds: 30,

  // push
  pushTimeoutMs: 30_000,
  maxAnswerBytes: 4 * 1024 ** 2,
  /** Below this gzip saves less than a packet. */
  gzipThresholdBytes: 1_024,
  firstPushBackoffMs: 500,
  /** No failed try is repeated sooner, whatever the jitter or `Retry-After: 0` says. */
  minRetryMs: 250,
  maxPushBackoffMs: 30_000,
  /** After a batch was split, its size doubles after this many batches that HQ took. */
  successesBeforeDoubling: 3,

  // pull
  pullIntervalMs: 300_000,
  pullTimeoutMs: 60_000,
  /** A page of products is 300 KB gzipped: 19 s on a line of 128 kbit/s. Applying it blocks the event loop for about 200 ms. */
  maxPullRecords: limits.maxPageRecords,
  /** Beside the records of a page: what stands around their data, and the last line. */
  pageSlackBytes: 64 * 1024,
  maxProblemBytes: 64 * 1024,
  /** Pages grow again only after one that came in this share of the deadline: twice as large it still fits. */
  growWithinShare: 0.25,
  /** While a push is under way a pull lets it go first, for this long at most: prices must not wait for a backlog. */
  yieldToPushMs: 1_000,
  /** The copy of HQ's data has a bound of its own, beside that of the queue. */
  defaultMaxCopyBytes: 1024 ** 3,
  minCopyBytes: 1024 ** 2,
  /** Rows that a sweep looks at between two turns of the event loop: about 2 ms. */
  sweepStepRows: 1_000,
  readStepRows: 200,
  maxHashAttempts: 10,
  maxRememberedResyncs: 100,
  /** Broken files that one process replaces; each holds a connection until it ends. */
  maxBrokenCopies: 8,

  // what a person must cure (a token, a schema, an entity) is tried again in this range
  slowRetryMinMs: 15_000,
  slowRetryMaxMs: 30_000,
  /** A `Retry-After` beyond this is shortened: the store must not vanish for hours because of a mistyped header. */
  maxRetryAfterMs: 300_000,

  // tokens
  /** Stores that all get a new token come back with it spread over so long. */
  maxNewTokenWaitMs: 5_000,
  enrolTimeoutMs: 30_000,

  // the socket
  firstReconnectMinMs: 50,
  firstReconnectMaxMs: 250,
  reconnectBackoffMs: 500,
  /** HQ must see the store again within 5 s of the end of whatever kept it away. */
  maxReconnectMs: 4_000,
  /** A connection that HQ ends sooner does not count as a success: HQ may welcome and close in a loop. */
  steadyConnectionMs: 5_000,
  /** Leaves a thin line (1 s round trip, losses) room for two tries of each step. */
  handshakeTimeoutMs: 8_000,
  welcomeTimeoutMs: 15_000,
  /**
   * While a push or pull is under way a pong goes out this often, unasked: on a thin line HQ's ping, or the pong to it, is lost too
   * often to be the only sign of life.
   */
  syncingPongMs: 2_000,
  /** HQ pings every 4 s: three missed ones. */
  silenceMs: 12_000,
  /** HTTP answers prove a living HQ while a thin line starves the socket, but not for longer than this. */
  maxSilenceWithHttpMs: 30_000,
  silenceCheckMs: 1_000,
  /** Added to the wait that the wire prescribes after a close, so that stores do not return together. */
  waitJitterMs: 15_000,
  maxBufferedBytes: 1024 ** 2,

  // heartbeats and reports
  heartbeatBusinessDates: 3,
  minHeartbeatIntervalMs: 250,
  maxReports: 1_000,
  maxReportsPerTurn: 20,
  reportRepeatMs: 30_000,

  // the command
  tokenFilePollMs: 5_000,
  statusTimeoutMs: 5_000,

  // ending
  stopPushMs: 2_000,
  stopSocketMs: 1_000,
  stopIntakeMs: 1_000,
} as const;
