import { errorKinds } from '@hq-sync/protocol/error-code';
import {
  CustomVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { postgres, prometheus, severities } from './house.js';
import { registry } from './queries/registry.js';
import { everything } from './queries/filters.js';

/** Choices come from the registry of stores, which is there while collectors are not. */
const fromRegistry = (name: string, label: string, query: string) =>
  new QueryVariableBuilder(name)
    .label(label)
    .datasource(postgres)
    .query(query)
    .refresh(VariableRefresh.OnDashboardLoad)
    .sort(VariableSort.Disabled);

const many = (variable: QueryVariableBuilder) =>
  variable
    .multi(true)
    .includeAll(true)
    .allValue(everything)
    .current({ text: ['All'], value: ['$__all'] });

export const region = many(fromRegistry('region', 'Region', registry.regions));
export const version = many(fromRegistry('version', 'Agent version', registry.versions));
export const currency = many(fromRegistry('currency', 'Currency', registry.currencies));

export const status = new CustomVariableBuilder('status')
  .label('Status')
  .values(severities.map(({ text }, severity) => `${text.replaceAll(',', '\\,')} : ${severity}`).join(', '))
  .multi(true)
  .includeAll(true)
  .allValue(everything)
  .current({ text: ['All'], value: ['$__all'] });

/** Part of a name, an id or a region. */
export const search = new TextBoxVariableBuilder('search').label('Search');

export const store = fromRegistry('store', 'Store', registry.stores);

/** Where no store is asked for: so that the link bar carries the one that was looked at to the next dashboard. */
export const carriedStore = fromRegistry('store', 'Store', registry.stores).hide(VariableHide.HideVariable);

export const replica = new QueryVariableBuilder('instance')
  .label('Replica')
  .datasource(prometheus)
  .query({ query: 'label_values(hq_collector_build_info, instance)', refId: 'instance' })
  .refresh(VariableRefresh.OnTimeRangeChanged)
  .sort(VariableSort.AlphabeticalAsc)
  .multi(true)
  .includeAll(true)
  .allValue('.*')
  .current({ text: ['All'], value: ['$__all'] });

export const sortBy = (choices: Readonly<Record<string, string>>) => {
  const [[value, text]] = Object.entries(choices) as [[string, string]];
  return new CustomVariableBuilder('sort')
    .label('Order')
    .values(
      Object.entries(choices)
        .map(([key, label]) => `${label} : ${key}`)
        .join(', '),
    )
    .current({ text, value });
};

export const kind = new CustomVariableBuilder('kind')
  .label('Kind')
  .values(errorKinds.map((of) => `${of.replaceAll('_', ' ')} : ${of}`).join(', '))
  .multi(true)
  .includeAll(true)
  .allValue(everything)
  .current({ text: ['All'], value: ['$__all'] });
