import type { Random } from '@hq-sync/simulator/random';
import type { Entity, HqChange, HqModel, ModelRecord, RecordChange } from './hq-model.js';

/** More often the earlier ones: each kind is a case below. */
const kinds = ['prices', 'prices', 'prices', 'many prices', 'delete', 'new', 'move', 'members'] as const;

/** Changes of more than half a page. */
const manyPrices = 300;

/** What people at HQ do next to what they have: prices, deletes, new records, moves between the sets of stores. */
export function nextChange(random: Random, model: HqModel): HqChange {
  const [firstSet, ...otherSets] = model.setNames;
  const anySet = () => random.pick([firstSet!, ...otherSets]);
  const setOrAll = () => (random.chance(0.5) ? anySet() : null);
  switch (random.pick(kinds)) {
    case 'prices':
      return newPrices(random, model, random.int(1, 25));
    case 'many prices':
      return newPrices(random, model, manyPrices);
    case 'delete': {
      const entity = random.pick<Entity>(['products', 'products', 'users']);
      const gone = some(random, model, entity, random.int(1, 5));
      return recordsOf(
        entity,
        gone.map(([id]) => ({ id, deleted: true })),
      );
    }
    case 'new': {
      // at times an id that was deleted before
      const entity = random.pick<Entity>(['products', 'products', 'users', 'departments']);
      const data = { name: 'New', priceMinor: random.int(1, 20_000) };
      return recordsOf(entity, [lineOf(`new-${random.int(1, 50)}`, { set: setOrAll(), data })]);
    }
    case 'move': {
      const entity = random.pick<Entity>(['products', 'promotions', 'users']);
      const moved = some(random, model, entity, random.int(1, 10));
      return recordsOf(
        entity,
        moved.map(([id, { data }]) => lineOf(id, { set: setOrAll(), data })),
      );
    }
    case 'members':
      return changedMembers(random, model, anySet(), anySet());
  }
}

function newPrices(random: Random, model: HqModel, count: number): HqChange {
  const repriced = some(random, model, 'products', count).map(([id, { set, data }]) =>
    lineOf(id, { set, data: { ...data, priceMinor: random.int(1, 20_000) } }),
  );
  return recordsOf('products', repriced);
}

/** A store of the other set joins this one, or leaves it. */
function changedMembers(random: Random, model: HqModel, set: string, other: string): HqChange {
  const members = new Set(model.storesOf(set));
  const candidates = [...model.storesOf(other)];
  const storeId = candidates[random.int(0, Math.max(0, candidates.length - 1))];
  if (storeId !== undefined && !members.delete(storeId)) members.add(storeId);
  return { kind: 'set', set, storeIds: [...members] };
}

/** At most `count` records, each once. */
function some(random: Random, model: HqModel, entity: Entity, count: number): [string, ModelRecord][] {
  const all = [...model.all(entity)];
  const chosen = new Map<string, ModelRecord>();
  for (let left = all.length > 0 ? count : 0; left > 0; left -= 1) {
    const [id, record] = all[random.int(0, all.length - 1)]!;
    chosen.set(id, record);
  }
  return [...chosen];
}

const recordsOf = (entity: Entity, lines: readonly RecordChange[]): HqChange => ({
  kind: 'records',
  entity,
  lines,
});

const lineOf = (id: string, { set, data }: ModelRecord): RecordChange =>
  set === null ? { id, data } : { id, data, set };
