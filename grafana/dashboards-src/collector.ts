import { dashboard } from './dashboard.js';
import { colours, historyRefresh, mapValues, steps, uids, units } from './house.js';
import { figures, lines, type Placed } from './panels.js';
import { metricsFresh, proof } from './proof.js';
import { instant, series, type Query } from './query.js';
import { collector as queries } from './queries/collector.js';
import { carriedStore, replica } from './variables.js';

const line = (title: string, description: string, unit: string, ...of: Query[]): Placed =>
  lines({
    title,
    description,
    width: 8,
    queries: of,
    unit,
    empty: 'Nothing of it was counted, or Prometheus does not answer.',
  });

const replicas = figures({
  title: 'Replicas',
  description:
    'Processes of HQ that Prometheus asks: 1 answers, 0 does not. Lease: 1 while it is sure that its lease in PostgreSQL lives; a process whose lease is 0 shows no store as connected.',
  width: 15,
  queries: [
    instant(queries.up, '{{instance}}', 'A'),
    instant(queries.leaseHeld, 'lease of {{instance}}', 'B'),
  ],
  unit: units.text,
  thresholds: steps([null, colours.bad]),
  mappings: mapValues({
    1: { text: '● yes', colour: colours.none },
    0: { text: '✖ no', colour: colours.bad },
  }),
  empty: '✖ no replica, or Prometheus does not answer',
});

const uptime = figures({
  title: 'Running since',
  description: 'How long each process has run. Near 0: it has just been started.',
  width: 9,
  queries: [instant(queries.uptime, '{{instance}}')],
  unit: units.age,
  empty: '✖ no replica, or Prometheus does not answer',
});

export const collector = dashboard({
  uid: uids.collector,
  title: 'Collector',
  description: 'How the processes of HQ do: requests, sockets, sync, loops, PostgreSQL; for each replica.',
  refresh: historyRefresh,
  since: '1h',
  variables: [replica, carriedStore],
  rows: [
    { height: 4, panels: [replicas, proof(6), metricsFresh(3)] },
    {
      height: 7,
      panels: [
        line(
          'HTTP requests',
          'Requests a second, by route. 0: nobody asks.',
          units.perSecond,
          series(queries.requests, '{{route}}'),
        ),
        line(
          'HTTP errors',
          'Requests a second that were answered with 4xx or 5xx, by status; 499 is a client that went away. 0, or no line: none.',
          units.perSecond,
          series(queries.requestErrors, '{{status}}'),
        ),
        line(
          'HTTP duration',
          'Time of a request, the slowest of 100 and the median. 0 only where nothing was asked.',
          units.duration,
          series(queries.requestDuration, 'p99 {{instance}}', 'A'),
          series(queries.requestDurationMedian, 'median {{instance}}', 'B'),
        ),
      ],
    },
    {
      height: 7,
      panels: [
        line(
          'Sockets',
          'Open sockets of stores, those that have not said hello included. 0: no store is connected to this replica.',
          units.count,
          series(queries.sockets, '{{instance}}'),
        ),
        line(
          'Heartbeats',
          'Heartbeats a second; each store sends one every 30 seconds. 0: no store beats.',
          units.perSecond,
          series(queries.heartbeats, '{{instance}}'),
        ),
        line(
          'Connects and ends',
          'Stores that said hello, and connections that ended, by reason, a minute. 0: connections are stable.',
          units.count,
          series(queries.connects, 'connects {{instance}}', 'A'),
          series(queries.disconnects, '{{reason}}', 'B'),
        ),
      ],
    },
    {
      height: 7,
      panels: [
        line(
          'Sync duration',
          'Time of a push or a pull from its first byte to its answer, the slowest of 100. 0 only where nothing synced.',
          units.duration,
          series(queries.syncDuration, 'p99 {{direction}}'),
        ),
        line(
          'Records',
          'Records pushed and pulled a second. 0: nothing syncs.',
          units.perSecond,
          series(queries.records, '{{direction}}'),
        ),
        line(
          'Sync failures',
          'Failed sync operations a minute, by error code. 0, or no line: none failed.',
          units.count,
          series(queries.syncFailures, '{{code}}'),
        ),
      ],
    },
    {
      height: 7,
      panels: [
        line(
          'In flight',
          'Pushes and pulls under way, and pulls that wait for their turn. 0: all is done.',
          units.count,
          series(queries.pushesInFlight, 'pushes {{instance}}', 'A'),
          series(queries.pullsInFlight, 'pulls {{instance}}', 'B'),
          series(queries.pullsWaiting, 'pulls waiting {{instance}}', 'C'),
        ),
        line(
          'Event loop',
          'By how much the event loop ran late, the worst of 100 turns; and seconds a second by which the sweep over all sockets was late. Near 0: the process has room.',
          units.duration,
          series(queries.eventLoop, 'p99 {{instance}}', 'A'),
          series(queries.sweepLate, 'sweep {{instance}}', 'B'),
        ),
        line(
          'Refused',
          'Upgrades and frames that were refused a minute, by error code. 0, or no line: none.',
          units.count,
          series(queries.refusals, '{{code}}'),
        ),
      ],
    },
    {
      height: 7,
      panels: [
        line(
          'Lease',
          'Time since the lease in PostgreSQL was renewed; past its length the stores of this replica are unknown. Near 0: just renewed.',
          units.duration,
          series(queries.leaseAge, '{{instance}}'),
        ),
        line(
          'Waiting to be written',
          'Changes of connections, and failures, that wait for PostgreSQL. 0: all is written.',
          units.count,
          series(queries.changesWaiting, 'changes {{instance}}', 'A'),
          series(queries.failuresWaiting, 'failures {{instance}}', 'B'),
        ),
        line(
          'Failures dropped',
          'Failures that were never written because memory for them was full, in the time above. 0: none.',
          units.count,
          series(queries.failuresDropped, '{{instance}}'),
        ),
      ],
    },
    {
      height: 7,
      panels: [
        line(
          'Connection pool',
          'Connections to PostgreSQL in use, and requests that wait for one. 0 waiting: there are enough.',
          units.count,
          series(queries.pool, 'in use {{instance}}', 'A'),
          series(queries.poolWaiting, 'waiting {{instance}}', 'B'),
        ),
        line(
          'Statements',
          'Statements a second, by outcome. 0: PostgreSQL is not asked.',
          units.perSecond,
          series(queries.statements, '{{outcome}}'),
        ),
        line(
          'Statement duration',
          'Time of a statement as the process sees it, the slowest of 100. 0 only where none ran.',
          units.duration,
          series(queries.statementDuration, 'p99 {{instance}}'),
        ),
      ],
    },
    {
      height: 7,
      panels: [
        line(
          'Database failures',
          'Database operations that failed a minute, by what was being done. 0, or no line: none failed.',
          units.count,
          series(queries.databaseFailures, '{{operation}}'),
        ),
        line(
          'CPU',
          'Processor cores in use. 1 is one whole core: all that the event loop can use. 0: it idles.',
          units.count,
          series(queries.cpu, '{{instance}}'),
        ),
        line(
          'Memory',
          'Memory of the process, and the part of it that JavaScript uses. 0: it does not run.',
          units.bytes,
          series(queries.memory, 'resident {{instance}}', 'A'),
          series(queries.heap, 'heap {{instance}}', 'B'),
        ),
      ],
    },
    { height: 4, panels: [uptime] },
  ],
});
