import { answersMapping, connectedMapping, openMapping, units } from './house.js';
import { lines, timeline } from './panels.js';
import { series } from './query.js';
import { storeHistory } from './queries/store.js';

export const connection = timeline({
  title: 'Connection',
  description:
    'Whether the store was connected (1) or not (0), and whether it was open by its hours. A gap: HQ could not know, as after its restart. HQ: whether HQ gave metrics at all (0: it did not); without them the other two have gaps. Marks on the line are connections, updates, resyncs and what people did.',
  width: 24,
  queries: [
    series(storeHistory.connected, 'Store', 'A'),
    series(storeHistory.expected, 'Hours', 'B'),
    series(storeHistory.fresh, 'HQ', 'C'),
  ],
  unit: units.text,
  mappings: connectedMapping,
  fields: [
    { name: 'Hours', mappings: openMapping },
    { name: 'HQ', mappings: answersMapping },
  ],
});

export const waiting = lines({
  title: 'Waiting to sync',
  description:
    'Records that wait: push in the store, as its heartbeats say, pull at HQ for the store. 0: nothing waits. A line that rises while the store is connected is a backlog that grows.',
  width: 12,
  queries: [series(storeHistory.pending, '{{direction}}')],
  unit: units.count,
  empty: 'No history of this store, or Prometheus does not answer.',
});

export const arrivals = lines({
  title: 'Records a minute',
  description:
    'Records that HQ accepted from the store, and that the store confirmed from HQ, by type and minute. 0: nothing moves, as in an idle store.',
  width: 12,
  queries: [series(storeHistory.arrived, '{{entity}}')],
  unit: units.count,
  empty: 'No history of this store, or Prometheus does not answer.',
});
