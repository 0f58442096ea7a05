import type { Queryable } from '../db/database.js';
import { AdminError } from './admin-error.js';

/**
 * SQL: whether the store may pull the entity, by what it has asked HQ for. A store server asks for each entity that it
 * keeps a copy of as soon as it runs: one that has asked for others only does not. Of one that has asked for nothing
 * yet, HQ cannot know.
 */
export const mayPull = (storeId: string, entity: string): string => `(
  exists (select from hq.store_pull where store_id = ${storeId} and entity = ${entity})
  or not exists (select from hq.store_pull where store_id = ${storeId}))`;

/**
 * The entities that the store pulls, as far as HQ knows, or those of them that are wanted, by name.
 * @param storeId undefined: those that any store may pull.
 * @throws AdminError `entity_not_found`, `entity_not_pulled`, `entity_not_pulled_here`
 */
export async function chosenEntities(
  db: Queryable,
  wanted: readonly string[] | undefined,
  storeId: string | undefined,
): Promise<string[]> {
  const { rows } = await db.query<{ entity: string; pulled: boolean; here: boolean }>(
    `select entity, direction = 'pull' as pulled, $1::text is null or ${mayPull('$1', 'e.entity')} as here
     from hq.entity e order by entity`,
    [storeId ?? null],
  );
  if (wanted === undefined)
    return rows.filter(({ pulled, here }) => pulled && here).map(({ entity }) => entity);
  for (const entity of wanted) {
    const known = rows.find((row) => row.entity === entity);
    if (!known) throw new AdminError('entity_not_found', { detail: entity });
    if (!known.pulled) throw new AdminError('entity_not_pulled', { detail: entity });
    if (!known.here) throw new AdminError('entity_not_pulled_here', { detail: entity });
  }
  return [...new Set(wanted)].sort();
}
