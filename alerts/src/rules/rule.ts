export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

/** critical: page now. warning: working hours. info: nobody is told. */
export type Severity = 'critical' | 'warning' | 'info';

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  /** Seconds; 0: at once. */
  readonly forSeconds: number;
  readonly keepFiringSeconds?: number;
  readonly labels: { readonly severity: Severity } & Readonly<Record<string, string>>;
  readonly annotations: Annotations;
}

export interface Annotations {
  readonly summary: string;
  readonly description: string;
  readonly runbook_url: string;
  readonly dashboard_url: string;
}

export interface RuleGroup {
  readonly name: string;
  readonly intervalSeconds: number;
  readonly rules: readonly (RecordingRule | AlertRule)[];
}

/** Alerts of one store: every sentence for a person in one place. */
interface StoreAlert {
  readonly alert: string;
  readonly expr: string;
  readonly forSeconds: number;
  readonly keepFiringSeconds?: number;
  readonly severity: Severity;
  /** After the store's name: `is disconnected`. */
  readonly summary: string;
  /** Since when and why; templates may use $labels and $value. */
  readonly why: string;
  /** What a person does. */
  readonly todo: string;
}

/** An alert about one store: labels store_id, region and name come from the expression. */
export function storeAlert({ alert, severity, summary, why, todo, ...rule }: StoreAlert): AlertRule {
  return {
    alert,
    ...rule,
    labels: { severity },
    annotations: {
      summary: `${storeName} ${summary}`,
      description: `${storeName}${storeRegion}, store ${storeId}: ${why} What to do: ${todo}`,
      runbook_url: runbookUrl(alert),
      dashboard_url: `${grafana}/d/hq-store?var-store={{ $labels.store_id | urlquery }}&${lastHours}`,
    },
  };
}

interface HeadquartersAlert {
  readonly alert: string;
  readonly expr: string;
  readonly forSeconds: number;
  readonly keepFiringSeconds?: number;
  readonly severity: Severity;
  readonly summary: string;
  readonly why: string;
  readonly todo: string;
  readonly dashboard: 'hq-stores' | 'hq-sync-errors' | 'hq-collector';
}

/** An alert about many stores, about HQ itself or about what watches it. */
export function headquartersAlert(alert: HeadquartersAlert): AlertRule {
  const { severity, summary, why, todo, dashboard, ...rule } = alert;
  return {
    ...rule,
    labels: { severity },
    annotations: {
      summary,
      description: `${why} What to do: ${todo}`,
      runbook_url: runbookUrl(alert.alert),
      dashboard_url: `${grafana}/d/${dashboard}?${lastHours}`,
    },
  };
}

/** External labels of Prometheus; they are dropped from the alerts and only make links. */
const grafana = '{{ $externalLabels.grafana_url }}';
const runbookUrl = (alert: string) => `{{ $externalLabels.runbooks_url }}/${alert}.md`;
const lastHours = 'from=now-6h&to=now';

const storeName = '{{ or $labels.name $labels.store_id }}';
const storeRegion = '{{ with $labels.region }} ({{ . }}){{ end }}';
const storeId = '{{ $labels.store_id }}';
/**
 * A query over this alert's store, put into the text by `shown`, which sees each sample as `.`. The query selects it by
 * `store_id=%q`, for ids may hold quotes.
 */
export function eachOfStore(query: string, shown: string): string {
  return `{{ range printf ${goString(query)} $labels.store_id | query }}${shown}{{ end }}`;
}

/** The same over the whole fleet. */
export function each(query: string, shown: string): string {
  return `{{ range query ${goString(query)} }}${shown}{{ end }}`;
}

/** Template strings in back quotes need no escapes. */
const goString = (text: string) => `\`${text}\``;
