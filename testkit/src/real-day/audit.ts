import { canonicalJson } from '@hq-sync/store-agent/canonical-json';
import { dayDifferences, heldDaysSql, type StoreDay } from '../day-figures.js';
import type { ChainDay } from './chain-data.js';
import type { Headquarters } from './headquarters.js';
import { entities, type HqModel } from './hq-model.js';

/** Every store's figures against the truth; also that nothing else is there, and nothing in quarantine. */
export async function salesDifferences(hq: Headquarters, day: ChainDay): Promise<string[]> {
  const truth = day.stores.map(({ id, currency }): StoreDay => ({
    ...day.truth.get(id)!,
    storeId: id,
    businessDate: day.businessDate,
    currency,
  }));
  const [quarantined] = await hq.ask<{ n: number }>(
    'select count(*)::int as n from hq_view.quarantined_records',
  );
  return [
    ...dayDifferences(await hq.ask<StoreDay>(heldDaysSql), truth),
    ...(quarantined!.n === 0 ? [] : [`${quarantined!.n} records in quarantine`]),
  ];
}

/** HQ's own records against all that it has acknowledged. */
export async function hqDataDifferences(hq: Headquarters, model: HqModel): Promise<string[]> {
  const found: string[] = [];
  const rows = await hq.ask<{ entity: string; id: string; set: string; data: Record<string, unknown> }>(
    'select entity, record_id as id, store_set as set, data from hq_view.hq_records where not deleted',
  );
  for (const entity of entities) {
    const expected = model.all(entity);
    const held = rows.filter((row) => row.entity === entity);
    if (held.length !== expected.size)
      found.push(`HQ has ${held.length} ${entity}, and has acknowledged ${expected.size}`);
    for (const { id, set, data } of held) {
      const wanted = expected.get(id);
      if (!wanted || (wanted.set ?? 'all') !== set || canonicalJson(wanted.data) !== canonicalJson(data))
        found.push(`HQ has not acknowledged ${entity} ${id} as it has it: ${set} ${canonicalJson(data)}`);
    }
  }
  return found;
}

/** Resync jobs that did not come to their end with all that they had to bring, but for these. */
export async function resyncDifferences(
  hq: Headquarters,
  excused: readonly string[],
): Promise<{ done: number; differences: string[] }> {
  const jobs = await hq.ask<{ id: string; text: string; done: boolean }>(
    `select job_id as id, state = 'done' and percent = 100 and records_confirmed = records_total as done,
       format('resync of store %s: %s, %s %%, %s of %s records %s', store_id, state, percent, records_confirmed, records_total, message) as text
     from hq_view.resync_jobs`,
  );
  const undone = jobs.filter(({ id, done }) => !done && !excused.includes(id));
  return { done: jobs.filter(({ done }) => done).length, differences: undone.map(({ text }) => text) };
}

/**
 * Records pulled, as HQ counts them for each store and entity, against its own log, and its log page by page against
 * what the stores confirmed on the line; undefined where that is not compared.
 */
export async function pullCountDifferences(
  hq: Headquarters,
  confirmed: (storeId: string, entity: string) => ReadonlyMap<string, number> | undefined,
): Promise<{ records: number; differences: string[] }> {
  const rows = await hq.ask<{
    storeId: string;
    entity: string;
    counted: number;
    logged: number;
    pages: string[];
  }>(
    `select e.store_id as "storeId", e.entity, e.records_total::int as counted,
       coalesce(sum(l.accepted), 0)::int as logged, array_remove(array_agg(l.batch_id), null) as pages
     from hq_view.store_entities e
     left join hq_view.sync_log l on l.store_id = e.store_id and l.entity = e.entity and l.direction = 'pull' and l.succeeded
     where e.direction = 'pull' group by 1, 2, 3`,
  );
  const differences = rows.flatMap(({ storeId, entity, counted, logged, pages }) => {
    const what = `store ${storeId}: ${entity}:`;
    const inLog = new Set(pages);
    const onLine = confirmed(storeId, entity);
    return [
      ...(counted === logged ? [] : [`${what} ${counted} records counted, ${logged} in the log`]),
      ...(inLog.size === pages.length ? [] : [`${what} pages more than once in the log`]),
      ...[...(onLine ?? [])].flatMap(([page, records]) =>
        inLog.has(page)
          ? []
          : [`${what} page ${page} of ${records} records was confirmed and is not in the log`],
      ),
      ...pages.flatMap((page) =>
        !onLine || onLine.has(page) ? [] : [`${what} page ${page} is in the log and was not confirmed`],
      ),
    ];
  });
  return { records: rows.reduce((sum, { counted }) => sum + counted, 0), differences };
}

export async function openEpisodes(hq: Headquarters): Promise<string[]> {
  const rows = await hq.ask<{ text: string }>(
    `select format('open episode of store %s: %s %s %s, %s failures, last %s: %s (last success %s)', e.store_id, e.entity, e.direction, e.code,
       e.failures, e.last_at, e.message, s.last_success_at) as text
     from hq_view.error_episodes e
     left join hq_view.store_entities s on s.store_id = e.store_id and s.entity = e.entity and s.direction = e.direction
     where e.open`,
  );
  return rows.map(({ text }) => text);
}
