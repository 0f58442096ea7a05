import { kindAdvice } from '@hq-sync/protocol/error-code';
import { MappingType, type Threshold, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';

/** How every dashboard looks: change it here and nowhere else. */

export const postgres = { type: 'postgres', uid: 'hq-postgres' };
export const prometheus = { type: 'prometheus', uid: 'hq-prometheus' };

export const uids = {
  stores: 'hq-stores',
  store: 'hq-store',
  syncErrors: 'hq-sync-errors',
  activity: 'hq-activity',
  wall: 'hq-wall',
  collector: 'hq-collector',
} as const;

/** What the link bar finds its dashboards by. */
export const tag = 'hq-manager';

/** Shortest that Grafana takes without a change of its settings. */
export const liveRefresh = '5s';
export const historyRefresh = '30s';

/** Grafana's named colours: each has a shade for the dark theme and one for the light. */
export const colours = {
  bad: 'red',
  warn: 'orange',
  unknown: 'purple',
  good: 'green',
  news: 'blue',
  quiet: 'text',
  none: 'transparent',
} as const;
export type Colour = (typeof colours)[keyof typeof colours];

/** Units, by what they are of. */
export const units = {
  count: 'locale',
  text: 'string',
  age: 's',
  /** Grafana would make weeks and years of its own unit for days. */
  days: 'suffix: d',
  duration: 's',
  durationMs: 'ms',
  bytes: 'decbytes',
  perSecond: 'suffix:/s',
  share: 'percentunit',
  percent: 'percent',
  timeOfDay: 'time:HH:mm:ss',
  instant: 'time:YYYY-MM-DD HH:mm:ss',
  yesNo: 'bool_yes_no',
} as const;

/** Severities of hq_view.store_board, worst first, as a person reads them: icon and word say it without the colour. */
export const severities: readonly { readonly text: string; readonly colour: Colour }[] = [
  { text: '✖ disconnected', colour: colours.bad },
  { text: '✖ lost', colour: colours.bad },
  { text: '✖ closed, disconnected', colour: colours.quiet },
  { text: '? unknown', colour: colours.unknown },
  { text: '⚠ errors', colour: colours.warn },
  { text: '⚠ not synced', colour: colours.warn },
  { text: '⚠ two servers', colour: colours.warn },
  { text: '○ never connected', colour: colours.news },
  { text: '● connected', colour: colours.good },
  { text: '– no store server', colour: colours.quiet },
];

export const severityMapping = mapValues(
  Object.fromEntries(severities.map(({ text, colour }, severity) => [severity, { text, colour }])),
);

/** Of hq_store_connected and the like; no sample is no value. */
export const connectedMapping = mapValues({
  0: { text: '✖ disconnected', colour: colours.bad },
  1: { text: '● connected', colour: colours.good },
});

export const answersMapping = mapValues({
  0: { text: '✖ no metrics', colour: colours.unknown },
  1: { text: '● metrics', colour: colours.quiet },
});

export const openMapping = mapValues({
  0: { text: 'closed', colour: colours.quiet },
  1: { text: 'open', colour: colours.news },
});

export const directionMapping = mapValues({
  push: { text: '↑ push' },
  pull: { text: '↓ pull' },
});

export const outcomeMapping = mapValues({
  true: { text: '✓ done', colour: colours.good },
  false: { text: '✖ failed', colour: colours.bad },
});

export const tokenMapping = mapValues({
  active: { text: '● active', colour: colours.good },
  superseded: { text: '– superseded', colour: colours.quiet },
  expired: { text: '✖ expired', colour: colours.warn },
  revoked: { text: '✖ revoked', colour: colours.warn },
});

export const resyncMapping = mapValues({
  queued: { text: '○ queued', colour: colours.news },
  running: { text: '▶ running', colour: colours.news },
  done: { text: '✓ done', colour: colours.good },
  cancelled: { text: '– cancelled', colour: colours.quiet },
  failed: { text: '✖ failed', colour: colours.bad },
});

/** Words of the protocol, so that Grafana gives the same advice as everything else. */
export const adviceMapping = mapValues(
  Object.fromEntries(Object.entries(kindAdvice).map(([kind, { person }]) => [kind, { text: person }])),
);
export const byItselfMapping = mapValues(
  Object.fromEntries(Object.entries(kindAdvice).map(([kind, { itself }]) => [kind, { text: itself }])),
);
export const kindMapping = mapValues(
  Object.fromEntries(Object.keys(kindAdvice).map((kind) => [kind, { text: kind.replaceAll('_', ' ') }])),
);

/** Colour of a number, from each bound on; the first bound is for what is below all others, and for no value. */
export function steps(...bounds: [from: number | null, colour: Colour][]): Threshold[] {
  return bounds.map(([value, color]) => ({ value, color }));
}

export const thresholds = {
  plain: steps([null, colours.none]),
  plainText: steps([null, colours.quiet]),
  /** None of these should be there. */
  badFromOne: steps([null, colours.none], [1, colours.bad]),
  warnFromOne: steps([null, colours.none], [1, colours.warn]),
  unknownFromOne: steps([null, colours.none], [1, colours.unknown]),
  warnTextFromOne: steps([null, colours.quiet], [1, colours.warn]),
  /** Below one, and with no value at all, it is an alarm. */
  aliveFromOne: steps([null, colours.bad], [1, colours.none]),
  /** Seconds since the last sync: an idle store checks every 5 minutes, and is stale after 10. */
  syncAge: steps([null, colours.quiet], [600, colours.warn], [3_600, colours.bad]),
  syncAgeTile: steps([null, colours.none], [600, colours.warn], [3_600, colours.bad]),
  /** Seconds since the last heartbeat: every 30, lost after 75. */
  heartbeatAge: steps([null, colours.none], [75, colours.bad]),
  /** Share of something that fills. */
  fullness: steps([null, colours.quiet], [0.8, colours.warn], [0.95, colours.bad]),
  /** Days until the token that a store uses ends, by the bounds of the pager. */
  tokenDays: steps([null, colours.bad], [2, colours.warn], [14, colours.quiet]),
  clockSkewMs: steps([null, colours.quiet], [60_000, colours.warn]),
} as const;

export function mapValues(values: Record<string, { text: string; colour?: Colour }>): ValueMapping[] {
  const options = Object.entries(values).map(([value, { text, colour }], index) => [
    value,
    { text, index, ...(colour !== undefined && { color: colour }) },
  ]);
  return [{ type: MappingType.ValueToText, options: Object.fromEntries(options) }];
}
