import type { Story } from './story.js';

const bothCollectors = ['a', 'b'];

/** HQ itself. */
export const headquartersStories: readonly Story[] = [
  {
    name: 'collector restart',
    what: 'Both collectors are restarted: away for a minute, then the stores are unknown for another.',
    minutes: 40,
    happens: (world) => {
      for (const one of bothCollectors) world.collectorDown(one, [10, 11]);
      world.storeMetricsDown([10, 11]).unknown(world.all, [11, 12]);
    },
    pages: [],
    spares: [
      'HqCollectorDown',
      'HqStoreMetricsDown',
      'HqStoresUnknown',
      'HqStoreDisconnected',
      'HqMassOutage',
    ],
  },
  {
    name: 'unknown after a restart',
    what: 'After a restart all stores are unknown; 5 of 20 need 2 minutes more to come back.',
    minutes: 40,
    happens: (world) => world.unknown(world.all, [10, 11]).offline(world.ids('north', 1, 5), [11, 13]),
    pages: [],
    spares: ['HqMassOutage', 'HqStoreDisconnected', 'HqStoresUnknown'],
  },
  {
    name: 'collectors down',
    what: 'No collector runs for 20 minutes.',
    minutes: 50,
    happens: (world) => {
      for (const one of bothCollectors) world.collectorDown(one, [10, 30]);
      world.storeMetricsDown([10, 30]).unknown(world.all, [30, 31]);
    },
    pages: ['HqCollectorDown'],
    spares: ['HqStoreMetricsDown', 'HqCollectorReplicaDown', 'HqStoreDisconnected', 'HqStoresUnknown'],
  },
  {
    name: 'stores missing after HQ was down',
    what: 'HQ is down for 20 minutes, and 8 of 20 stores do not come back for half an hour.',
    minutes: 80,
    happens: (world) => {
      for (const one of bothCollectors) world.collectorDown(one, [10, 30]);
      world
        .storeMetricsDown([10, 30])
        .offline(world.ids('north', 1, 8), [10, 60])
        .unknown(world.all, [30, 31]);
    },
    pages: ['HqCollectorDown', 'HqMassOutage'],
    spares: ['HqStoreDisconnected'],
  },
  {
    name: 'one replica down',
    what: 'One of two collectors is down for 20 minutes; the other carries all stores.',
    minutes: 40,
    happens: (world) => world.collectorDown('b', [10, 30]),
    pages: ['HqCollectorReplicaDown'],
    spares: ['HqCollectorDown'],
  },
  {
    name: 'rolling update of the collectors',
    what: 'The collectors are updated one after the other, each away for 3 minutes.',
    minutes: 30,
    happens: (world) => world.collectorDown('a', [10, 13]).collectorDown('b', [14, 17]),
    pages: [],
    spares: ['HqCollectorReplicaDown', 'HqCollectorDown'],
  },
  {
    name: 'Postgres away',
    what: 'PostgreSQL is away for 15 minutes: leases lapse, the metrics of the stores answer 503.',
    minutes: 50,
    happens: (world) => {
      for (const one of bothCollectors) world.leaseLost(one, [10, 25]);
      world
        .other('pg_up{job="hq-postgres",instance="postgres"}', 0, [10, 25])
        .storeMetricsDown([10, 25])
        .unknown(world.all, [25, 26]);
    },
    pages: ['HqPostgresDown'],
    spares: ['HqCollectorStale', 'HqStoreMetricsDown', 'HqStoresUnknown', 'HqStoreDisconnected'],
  },
  {
    name: 'Postgres away, seen by the collectors alone',
    what: 'The same where no postgres_exporter runs.',
    minutes: 50,
    happens: (world) => {
      for (const one of bothCollectors) {
        world.leaseLost(one, [10, 25]);
        world.rising(
          `hq_collector_database_failures_total{job="hq-collector",instance="${one}",operation="lease"}`,
          [10, 25],
        );
      }
      world
        .other('pg_up{job="hq-postgres",instance="postgres"}', null)
        .other('up{job="hq-postgres",instance="postgres"}', null)
        .storeMetricsDown([10, 25])
        .unknown(world.all, [25, 26]);
    },
    pages: ['HqPostgresDown'],
    spares: ['HqCollectorStale', 'HqStoreMetricsDown'],
  },
  {
    name: 'Postgres restarted',
    what: 'PostgreSQL is restarted and away for less than a minute.',
    minutes: 30,
    happens: (world) =>
      world
        .other('pg_up{job="hq-postgres",instance="postgres"}', 0, [10, 11])
        .leaseLost('a', [10, 11])
        .leaseLost('b', [10, 11]),
    pages: [],
    spares: ['HqPostgresDown', 'HqCollectorStale'],
  },
  {
    name: 'HQ blind',
    what: 'The load balancer no longer passes /metrics/stores on for 20 minutes; meanwhile a store drops.',
    minutes: 60,
    happens: (world) => world.storeMetricsDown([10, 30]).offline(['north-1'], [15, 50]),
    pages: ['HqStoreDisconnected north-1', 'HqStoreDisconnectedLong north-1', 'HqStoreMetricsDown'],
  },
  {
    name: 'HQ half blind',
    what: '/metrics/stores answers only every other minute, for 20 minutes.',
    minutes: 60,
    happens: (world) => {
      for (let minute = 10; minute < 30; minute += 2) world.storeMetricsDown([minute, minute + 1]);
    },
    pages: ['HqStoreMetricsDown'],
  },
  {
    name: 'lease lost',
    what: 'The collectors answer and do not renew their leases, though PostgreSQL is there.',
    minutes: 40,
    happens: (world) => world.leaseLost('a', [10, 25]).leaseLost('b', [10, 25]).unknown(world.all, [10, 25]),
    pages: ['HqCollectorStale'],
    spares: ['HqStoresUnknown', 'HqPostgresDown', 'HqStoreDisconnected'],
  },
  {
    name: 'collectors restart in a loop',
    what: 'Collectors crash before their grace ends, again and again: every store stays unknown.',
    minutes: 40,
    happens: (world) => world.unknown(world.all, [10, 25]),
    pages: ['HqStoresUnknown'],
    spares: ['HqStoreDisconnected', 'HqMassOutage'],
  },
  {
    name: 'busy event loop',
    what: 'The event loop of a collector lags 3 seconds for 10 minutes; before that, for a minute.',
    minutes: 40,
    happens: (world) =>
      world
        .other('hq_collector_nodejs_eventloop_lag_p99_seconds{job="hq-collector",instance="a"}', 0.01)
        .other('hq_collector_nodejs_eventloop_lag_p99_seconds{job="hq-collector",instance="a"}', 3, [5, 6])
        .other('hq_collector_nodejs_eventloop_lag_p99_seconds{job="hq-collector",instance="a"}', 3, [20, 30]),
    pages: ['HqCollectorStale'],
  },
];
