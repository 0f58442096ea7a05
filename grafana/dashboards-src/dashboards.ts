import { activity } from './activity.js';
import { collector } from './collector.js';
import { store } from './store.js';
import { stores } from './stores.js';
import { syncErrors } from './sync-errors.js';
import { wall } from './wall.js';

/** Every dashboard, by the name of its file. */
export const dashboards: Readonly<Record<string, object>> = {
  'hq-stores': stores,
  'hq-store': store,
  'hq-sync-errors': syncErrors,
  'hq-activity': activity,
  'hq-wall': wall,
  'hq-collector': collector,
};
