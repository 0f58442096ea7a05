/** Whole seconds from `instant` to `now`; clocks that are read one after the other never give less than 0. */
export const age = (instant: string, now = 'data_as_of') =>
  `case when ${instant} is not null then floor(greatest(0, extract(epoch from ${now} - ${instant}))) end`;

/** An instant by the store's own clock: the time of day, with the date unless it is today there. */
export const storeTime = (instant: string, now = 'data_as_of') =>
  `to_char(${instant} at time zone timezone, case
    when (${instant} at time zone timezone)::date = (${now} at time zone timezone)::date then 'HH24:MI' else 'DD Mon HH24:MI' end)`;

/** An amount, or nothing where the store has no server and so no trade. */
export const money = (minor: string) =>
  `case when status <> 'no_server' then hq_view.money(${minor}, currency) end`;

/** Rows of `hq_view.store_board` that have the status "errors", and those cut off whose errors HQ holds itself. */
export const withErrors = '(severity = 4 or errors_open + quarantined_records > 0)';
