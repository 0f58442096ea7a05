import type { Variable } from './committed.js';

/** What a person has chosen: one text, several, or All. */
export type Choice = string | readonly string[] | typeof all;
export const all = Symbol('All');

/** SQL as Grafana sends it: variables and macros that the dashboards use, the rest as it stands. */
export function interpolateSql(
  sql: string,
  variables: readonly Variable[],
  choices: Record<string, Choice>,
): string {
  return sql
    .replaceAll(/\$__timeFilter\(([\w.]+)\)/g, "$1 BETWEEN '2026-01-01T00:00:00Z' AND '2027-01-01T00:00:00Z'")
    .replaceAll(/\$\{(\w+):sqlstring\}/g, (_, name: string) =>
      sqlString(variableOf(name, variables), choices[name] ?? ''),
    );
}

/** PromQL as Grafana sends it. */
export function interpolatePromql(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__interval', '15s')
    .replaceAll('$__range', '1h')
    .replaceAll('$store', 'store-1')
    .replaceAll('$instance', '.*');
}

function variableOf(name: string, variables: readonly Variable[]): Variable {
  const found = variables.find((variable) => variable.name === name);
  if (found === undefined) throw new Error(`The dashboard has no variable ${name}.`);
  return found;
}

function sqlString({ allValue }: Variable, choice: Choice): string {
  if (choice === all) return allValue ?? '';
  if (choice === '') return ''; // as Grafana does, without quotes
  const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;
  return typeof choice === 'string' ? quote(choice) : choice.map(quote).join(',');
}
