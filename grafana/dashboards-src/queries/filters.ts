/** What "All" stands for in SQL, as it is written between the quotes of a variable. */
export const everything = `'*'`;

/** Stores without a region, as the choice of a region. */
export const noRegion = '(none)';

const chosen = (variable: string, expression: string) =>
  `(${everything} in (\${${variable}:sqlstring}) or ${expression} in (\${${variable}:sqlstring}))`;

export const inRegion = chosen('region', `coalesce(region, '${noRegion}')`);
export const inCurrency = chosen('currency', 'currency');
export const ofVersion = chosen('version', `coalesce(agent_version, '${noRegion}')`);
export const ofStatus = chosen('status', 'severity::text');

/** Part of what a store is called; % and _ are letters here. */
export const found = `position(lower(\${search:sqlstring}) in lower(concat_ws(' ', name, store_id, region))) > 0`;

export const ofStore = `store_id = \${store:sqlstring}`;
