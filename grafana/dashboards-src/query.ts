import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { postgres, prometheus } from './house.js';

/** A query that names its data source: before Grafana 10 a panel takes the default one unless it names it too. */
export type Query = Builder<Dataquery & { readonly datasource: DataSourceRef }>;

/** SQL for PostgreSQL, which the SDK has no builder for. Rows come back as a table. */
export function sql(rawSql: string, refId = 'A'): Query {
  const query = { datasource: postgres, refId, editorMode: 'code', format: 'table', rawQuery: true, rawSql };
  return { build: () => query as unknown as ReturnType<Query['build']> };
}

/** A series over the time of the dashboard; `legend` may name labels as `{{label}}`. */
export function series(expr: string, legend: string, refId = 'A'): Query {
  return named(new DataqueryBuilder().refId(refId).expr(expr).legendFormat(legend).range());
}

/** The value now. */
export function instant(expr: string, legend: string, refId = 'A'): Query {
  return named(new DataqueryBuilder().refId(refId).expr(expr).legendFormat(legend).instant());
}

/** The values now, a row each. */
export function instantTable(expr: string, refId = 'A'): Query {
  return named(new DataqueryBuilder().refId(refId).expr(expr).format(PromQueryFormat.Table).instant());
}

function named(query: DataqueryBuilder): Query {
  return { build: () => ({ ...query.build(), datasource: prometheus }) };
}
