import { stores } from './stores.js';

/** Every dashboard, by the name of its file. */
export const dashboards: Readonly<Record<string, object>> = {
  'hq-stores': stores,
};
