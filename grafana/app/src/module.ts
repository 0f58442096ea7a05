import { AppPlugin } from '@grafana/data';

/** The app has no page of its own: it owns the routes to the collector, and its panels are in the dashboards. */
export const plugin = new AppPlugin();
