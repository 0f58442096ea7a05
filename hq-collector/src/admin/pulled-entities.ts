import type { Queryable } from '../db/database.js';
import { AdminError } from './admin-error.js';

/**
 * The entities that stores pull, or those of them that are wanted, by name.
 * @throws AdminError `entity_not_found`, `entity_not_pulled`
 */
export async function chosenEntities(
  db: Queryable,
  wanted: readonly string[] | undefined,
): Promise<string[]> {
  const { rows } = await db.query<{ entity: string; direction: string }>(
    'select entity, direction from hq.entity',
  );
  const pulled = rows.filter(({ direction }) => direction === 'pull').map(({ entity }) => entity);
  if (wanted === undefined) return pulled.sort();
  for (const entity of wanted) {
    if (pulled.includes(entity)) continue;
    const known = rows.some((row) => row.entity === entity);
    throw new AdminError(known ? 'entity_not_pulled' : 'entity_not_found', { detail: entity });
  }
  return [...new Set(wanted)].sort();
}
