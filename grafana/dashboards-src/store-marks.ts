import type { AnnotationQuery } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { colours, postgres, prometheus, type Colour } from './house.js';
import { store, storeHistory } from './queries/store.js';

/** Marks on every time line of the Store dashboard. */
export const marks: readonly Builder<AnnotationQuery>[] = [
  fromPrometheus('Connections', colours.good, storeHistory.connects, 'connected'),
  fromPrometheus('Updates', colours.news, storeHistory.updates, 'agent {{agent_version}}'),
  fromPostgres('Resyncs and people', colours.warn, store.events),
];

function fromPrometheus(
  name: string,
  iconColor: Colour,
  expr: string,
  titleFormat: string,
): Builder<AnnotationQuery> {
  return mark({ name, iconColor, datasource: prometheus, enable: true, expr, step: '15s', titleFormat });
}

function fromPostgres(name: string, iconColor: Colour, rawSql: string): Builder<AnnotationQuery> {
  // Grafana reads an SQL annotation from here, where the SDK knows only queries of its own builders.
  const query = { rawQuery: rawSql };
  return mark({ name, iconColor, datasource: postgres, enable: true, ...query });
}

function mark(annotation: object): Builder<AnnotationQuery> {
  return { build: () => annotation as AnnotationQuery };
}
