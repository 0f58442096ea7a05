/** Bounds of the command line, each with its unit. */
export const limits = {
  /** A request with all its tries; `--timeout` sets another. */
  requestMs: 30_000,
  /** The same of a live list, which must not look live for long when it is not. */
  liveRequestMs: 5_000,
  /** One try. HQ keeps the answer to a change under its key, so that the next try gets it. */
  tryMs: 10_000,
  maxTries: 4,
  firstRetryMs: 200,
  maxRetryMs: 3_000,
  /** An upload of a million lines over a slow line, and HQ's 45 s for it. */
  uploadMs: 30 * 60_000,
  /** Of a live list, and of a job that is waited for. */
  pollMs: 2_000,
  waitPollMs: 1_000,
  maxPageRows: 1_000,
  /** Where the output is no terminal. */
  plainWidth: 100,
} as const;
