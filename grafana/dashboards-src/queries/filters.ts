/** What "All" stands for in SQL, quoted as Grafana leaves it. */
export const everything = `'*'`;

/** What has none, as a choice. */
export const none = '(none)';

/** Of choices that may be many. */
const chosen = (variable: string, expression: string) =>
  `(${everything} in (\${${variable}:sqlstring}) or ${expression} in (\${${variable}:sqlstring}))`;

/** Of one choice or a text: Grafana leaves nothing at all, not even quotes, where it is empty; then it is null. */
const one = (variable: string) => `(array[\${${variable}:sqlstring}]::text[])[1]`;

export const inRegion = chosen('region', `coalesce(region, '${none}')`);
export const inCurrency = chosen('currency', 'currency');
export const ofVersion = chosen('version', `coalesce(agent_version, '${none}')`);
export const ofStatus = chosen('status', 'severity::text');
export const ofKind = chosen('kind', 'kind');

/** Part of what a store is called; % and _ are letters here. */
export const found = `position(lower(coalesce(${one('search')}, '')) in lower(concat_ws(' ', name, store_id, region))) > 0`;

export const ofStore = `store_id = ${one('store')}`;
