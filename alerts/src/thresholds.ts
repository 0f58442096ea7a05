/** Every time that rules, scrapes and routes use, in seconds. */
export const durations = {
  scrape: 15,
  /** A scrape of 10,000 stores may wait 8 s for Postgres. */
  scrapeTimeout: 10,
  evaluation: 15,
  sloEvaluation: 60,

  /** A store counts as dropped while it was connected this short a time ago. */
  droppedWithin: 300,
  /** An update wave or a shop's early night takes less; a mass outage does not end by itself so soon. */
  outageFor: 120,

  disconnectedFor: 300,
  disconnectedLongFor: 900,
  /** Bridges a missed scrape or a short unknown, so that one outage is one alert and not two. */
  keepFiring: 120,
  flappingWithin: 900,
  /** Longer than HQ remembers a second machine: one that is swapped is seen once, a clone again and again. */
  duplicateServerFor: 660,
  /** Agents check at least every 5 minutes. */
  syncStaleAfter: 900,
  syncStaleFor: 300,
  neverSyncedFor: 3_600,
  syncFailingFor: 900,
  massSyncFailingFor: 600,
  backlogGrowingWithin: 900,
  /** Longer than the time compared with: what HQ publishes at once is no growth. */
  backlogGrowingFor: 1_200,
  tokenRejectedFor: 300,
  /** A ticket: to rotate is one command, but a store must be connected for it once. */
  tokenExpiringWithin: 1_209_600,
  tokenExpiringFor: 900,
  /** Time to send somebody, also over a weekend. */
  tokenExpiresSoonWithin: 172_800,
  tokenExpiresSoonFor: 300,
  /** Tokens that were made on one day end on one day. */
  tokenBatchWithin: 86_400,
  /** A wave of updates gets this long. */
  schemaMismatchFor: 1_800,
  quarantinedFor: 300,
  clockSkewedFor: 900,

  storeMetricsDownFor: 60,
  storeMetricsFlakyWithin: 900,
  unknownFor: 300,
  collectorDownFor: 120,
  replicaDownFor: 300,
  collectorStaleFor: 120,
  postgresFailuresWithin: 120,
  postgresDownFor: 60,
  monitoringWithin: 300,
  monitoringFor: 300,
  clusterIncompleteFor: 900,

  /** Synced: nothing has waited for longer. */
  syncedWithin: 300,
  fastBurnLong: 3_600,
  fastBurnShort: 300,
  burnLong: 21_600,
  burnShort: 1_800,
  slowBurnLong: 259_200,
  slowBurnShort: 21_600,
  fastBurnFor: 120,
  slowBurnFor: 3_600,
  sloPeriod: 2_592_000,

  groupWait: 30,
  groupInterval: 300,
  outageGroupWait: 10,
  repeatCritical: 14_400,
  repeatWarning: 86_400,
  watchdogRepeat: 300,
} as const;

/** Every bound that is no time span of a rule. */
export const limits = {
  /** Fleet: a mass outage is more than this share of the stores that are judged, and at least so many. */
  outageShare: 0.2,
  outageStores: 5,
  regionOutageShare: 0.5,
  regionOutageStores: 3,
  /** While an outage lasts, so many that drop together belong to it; one that drops alone pages by itself. */
  outageJoiningStores: 3,
  /** An outage has ended when fewer than this share of its peak is still out. */
  outageRemainingShare: 0.25,
  massSyncFailingShare: 0.2,
  massSyncFailingStores: 5,
  /** HQ is blind while more than this share of the stores is unknown. */
  blindUnknownShare: 0.5,

  flappingConnects: 5,
  backlogRecords: 500,
  clockSkewSeconds: 120,
  loopLagSeconds: 1,
  fleetChangesWaiting: 1_000,
  storeMetricsChanges: 6,

  /** Of the expected store-minutes are synced. */
  sloObjective: 0.995,
  fastBurnRate: 14.4,
  burnRate: 6,
  slowBurnRate: 1,
  /** Fewer have pages of their own, and in a small chain one store is a fast burn. */
  sloStores: 3,
} as const;

export type Durations = Readonly<Record<keyof typeof durations, number>>;
export type Limits = Readonly<Record<keyof typeof limits, number>>;

export interface Thresholds {
  readonly durations: Durations;
  readonly limits: Limits;
}

export const production: Thresholds = { durations, limits };

/** What happens at an interval, or before a first notification. */
const intervals: readonly string[] = [
  'scrape',
  'scrapeTimeout',
  'evaluation',
  'sloEvaluation',
  'groupWait',
  'outageGroupWait',
] satisfies (keyof Durations)[];

/** A process that scrapes and evaluates more often has no time left for it. */
const shortestIntervalSeconds = 1;
/** What is judged over a time is judged by five scrapes: one that is late on a busy machine must not decide. */
const shortestSpanSeconds = 5;

/** The same with each time divided by `factor`, for tests that cannot wait, but for those that would be too short. */
export function divided({ durations: times, limits: bounds }: Thresholds, factor: number): Thresholds {
  const shorter = Object.entries(times).map(([name, seconds]) => {
    const shortest = intervals.includes(name) ? shortestIntervalSeconds : shortestSpanSeconds;
    return [name, Math.max(seconds / factor, Math.min(seconds, shortest))];
  });
  return { durations: Object.fromEntries(shorter) as Durations, limits: bounds };
}
