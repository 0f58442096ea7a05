import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { randomOf } from '@hq-sync/simulator/random';
import type { ChainStore } from './chain-data.js';
import { entities, type Entity, type HqChange, type RecordChange } from './hq-model.js';

/** Share of the products that only the stores of one time zone have. */
const regionalShare = 0.1;
/** Of each kind of made-up records. */
const recordsPerRegion = 15;

/** What HQ uploads before the day: its sets of stores, then its records. */
export interface Catalogue {
  readonly sets: readonly Extract<HqChange, { kind: 'set' }>[];
  readonly records: readonly Extract<HqChange, { kind: 'records' }>[];
}

/**
 * A part of the real chain's catalogue; users, promotions and customers made up beside it, for a region each. The seed decides which products, and which of
 * them are for one region alone: the stores of a time zone.
 */
export function readCatalogue(
  dir: string,
  stores: readonly ChainStore[],
  seed: number,
  products: number,
): Catalogue {
  const random = randomOf(`catalogue ${seed}`);
  const regions = regionsOf(stores);
  const [first, ...others] = [...regions.keys()];
  const region = () => random.pick([first!, ...others]);
  const all = linesOf(dir, 'products');
  for (let index = 0; index < Math.min(products, all.length); index += 1) {
    const other = random.int(index, all.length - 1);
    [all[index], all[other]] = [all[other]!, all[index]!];
  }
  const chosen = all
    .slice(0, products)
    .map((product) => (random.chance(regionalShare) ? { ...product, set: region() } : product));
  const madeUp = (kind: string): RecordChange[] =>
    [...regions.keys()].flatMap((set) =>
      Array.from({ length: recordsPerRegion }, (_, index) => ({
        id: `${set}-${index}`,
        data: { name: `${kind} ${index} of ${set}`, number: random.int(1_000, 9_999) },
        set,
      })),
    );
  const lines: Record<Entity, RecordChange[]> = {
    customers: madeUp('Customer'),
    departments: linesOf(dir, 'departments'),
    products: chosen,
    promotions: madeUp('Promotion'),
    tax_rates: linesOf(dir, 'tax_rates'),
    users: madeUp('User'),
  };
  return {
    sets: [...regions].map(([set, storeIds]) => ({ kind: 'set', set, storeIds })),
    records: entities.map((entity) => ({ kind: 'records', entity, lines: lines[entity] })),
  };
}

/** The stores of each time zone, by the name of their set. */
function regionsOf(stores: readonly ChainStore[]): Map<string, string[]> {
  const regions = new Map<string, string[]>();
  for (const { id, timezone } of stores) {
    const set = timezone.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
    regions.set(set, [...(regions.get(set) ?? []), id]);
  }
  return regions;
}

function linesOf(dir: string, name: string): { id: string; data: Record<string, unknown> }[] {
  return gunzipSync(readFileSync(path.join(dir, `${name}.ndjson.gz`)))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const { id, ...data } = JSON.parse(line) as { id: string };
      return { id, data };
    });
}
