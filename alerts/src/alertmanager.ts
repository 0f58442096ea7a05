import { duration } from './promql.js';
import type { Thresholds } from './thresholds.js';

export const receivers = {
  page: 'hq-page',
  chat: 'hq-chat',
  watchdog: 'hq-watchdog',
  none: 'hq-none',
} as const;

export interface AlertmanagerOptions {
  /** Receivers that page instead of `hq-page`, by the region whose critical store alerts they take. */
  readonly regions?: Readonly<Record<string, string>>;
  /** Integrations of a receiver, by its name; none: what comes is seen in Alertmanager alone. */
  readonly integrations?: (receiver: string) => object;
}

/** alertmanager.yml as data. */
export function alertmanagerConfig({ durations }: Thresholds, options: AlertmanagerOptions = {}): object {
  const { regions = {}, integrations = () => ({}) } = options;
  const critical = {
    receiver: receivers.page,
    matchers: ['severity="critical"'],
    repeat_interval: duration(durations.repeatCritical),
  };
  // Tokens that were made on one day end on one day, in every region.
  const ofAllRegions = (alert: string) => ({ matchers: [`alertname="${alert}"`], group_by: ['alertname'] });
  const names = new Set<string>([...Object.values(receivers), ...Object.values(regions)]);
  return {
    templates: ['templates/*.tmpl'],
    route: {
      receiver: receivers.chat,
      // Many stores of a region with one trouble are one notification.
      group_by: ['alertname', 'region'],
      group_wait: duration(durations.groupWait),
      group_interval: duration(durations.groupInterval),
      repeat_interval: duration(durations.repeatWarning),
      routes: [
        {
          receiver: receivers.watchdog,
          matchers: ['alertname="HqWatchdog"'],
          group_by: ['alertname'],
          group_wait: '0s',
          group_interval: duration(durations.watchdogRepeat),
          repeat_interval: duration(durations.watchdogRepeat),
        },
        { receiver: receivers.none, matchers: ['severity="info"'] },
        {
          ...critical,
          matchers: ['alertname="HqMassOutage"'],
          group_by: ['alertname'],
          group_wait: duration(durations.outageGroupWait),
        },
        ofAllRegions('HqStoreTokenExpiring'),
        ...Object.entries(regions).map(([region, receiver]) => ({
          ...critical,
          receiver,
          matchers: [...critical.matchers, `region=${JSON.stringify(region)}`],
        })),
        { ...critical, routes: [ofAllRegions('HqStoreTokenExpiresSoon')] },
      ],
    },
    inhibit_rules: [
      inhibits(['HqStoreDisconnectedLong'], ['HqStoreDisconnected'], ['store_id']),
      inhibits(['HqStoreTokenExpiresSoon'], ['HqStoreTokenExpiring'], ['store_id']),
      inhibits(['HqMassOutage'], ['HqRegionOutage', 'HqSloFastBurn', 'HqSloSlowBurn']),
      inhibits(['HqRegionOutage'], ['HqSloFastBurn', 'HqSloSlowBurn']),
      inhibits(['HqPostgresDown'], ['HqCollectorStale', 'HqStoreMetricsDown', 'HqStoresUnknown']),
      inhibits(['HqCollectorDown'], ['HqStoreMetricsDown', 'HqStoresUnknown', 'HqCollectorReplicaDown']),
      inhibits(['HqSloFastBurn'], ['HqSloSlowBurn']),
    ],
    receivers: [...names].map((name) => ({ name, ...integrations(name) })),
  };
}

function inhibits(
  source: readonly string[],
  target: readonly string[],
  equal: readonly string[] = [],
): object {
  const named = (alerts: readonly string[]) => [`alertname=~"${alerts.join('|')}"`];
  return {
    source_matchers: named(source),
    target_matchers: named(target),
    ...(equal.length > 0 && { equal }),
  };
}
