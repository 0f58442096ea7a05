/**
 * Every bound of the wire, each with its unit in its name. HQ's own settings may lower the batch limits; the
 * `welcome` frame says which are in force.
 */
export const limits = {
  /** Largest frame either side may send over the socket. */
  maxFrameBytes: 256 * 1024,
  /** Records in one push batch. */
  maxBatchRecords: 500,
  /** Body of one push batch, measured after decompression. */
  maxBatchBytes: 1024 * 1024,
  /** One line of a batch; a single record above it can never be sent and stays, reported, at the store. */
  maxRecordBytes: 256 * 1024,
  /** Objects and arrays inside each other in `data`. */
  maxRecordDepth: 100,
  /** Records in one page of a pull. */
  maxPageRecords: 5_000,
  /** Records of one page of a pull, in bytes; a single larger record is a page of its own. */
  maxPageBytes: 2 * 1024 * 1024,
  /** Lines of one sale. */
  maxSaleLines: 5_000,
  /** Record, terminal, product, batch ids. */
  maxIdChars: 128,
  /** Free text in reports and answers. */
  maxTextChars: 1_000,
  /** Register sessions in one heartbeat. */
  maxOpenRegisters: 500,
  /** Per-entity queues in one heartbeat. */
  maxQueues: 64,
  /** Business dates x currencies in one heartbeat. */
  maxDayTotals: 32,
  /** Amounts of money, in minor units: 10 billion in a currency of two decimals, so that sums stay inside 64 bits. */
  maxAmountMinor: 1_000_000_000_000,
  /** A store sends at most one unscheduled heartbeat per this time. */
  minHeartbeatSpacingMs: 1_000,
  /** From the upgrade to the `hello`. */
  helloTimeoutMs: 10_000,
  /** A store that was replaced by a newer connection waits this long before it connects again. */
  replacedWaitMs: 60_000,
} as const;

/** Default time between heartbeats; `welcome` says the one in force. */
export const defaultHeartbeatIntervalMs = 30_000;
