import { dashboard } from './dashboard.js';
import { liveRefresh, uids } from './house.js';
import { forceResync, maintenance, mend, resyncs, syncTokens, tokens } from './store-advanced.js';
import {
  days,
  entities,
  errors,
  facts,
  log,
  quarantine,
  registers,
  status,
  sync,
  today,
} from './store-tables.js';
import { arrivals, connection, waiting } from './store-history.js';
import { marks } from './store-marks.js';
import { store as storeVariable } from './variables.js';

export const store = dashboard({
  uid: uids.store,
  title: 'Store',
  description: 'One store: whether it is there, what syncs and what fails and why, its tills, its days.',
  refresh: liveRefresh,
  since: '6h',
  variables: [storeVariable],
  annotations: marks,
  rows: [
    { height: 4, panels: [status, sync] },
    { height: 4, panels: [facts] },
    { height: 6, panels: [connection] },
    { height: 8, panels: [errors] },
    { height: 11, panels: [entities, registers] },
    { height: 4, panels: [today] },
    { height: 7, panels: [waiting, arrivals] },
    { height: 10, panels: [days] },
    { height: 6, panels: [quarantine] },
    { height: 12, panels: [log] },
    {
      folded: 'Advanced settings',
      lines: [
        { height: 11, panels: [forceResync, syncTokens] },
        { height: 11, panels: [mend, maintenance] },
        { height: 7, panels: [resyncs] },
        { height: 7, panels: [tokens] },
      ],
    },
  ],
});
