import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

/** What the chain's folder has for HQ to publish. */
export const catalogueEntities = ['departments', 'tax_rates', 'products'] as const;
export type CatalogueEntity = (typeof catalogueEntities)[number];

/** As an upload's line. */
export interface CatalogueRecord {
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface ChainCatalogue {
  readonly records: Readonly<Record<CatalogueEntity, readonly CatalogueRecord[]>>;
  readonly stores: readonly { id: string; name: string; timezone: string; currency: string }[];
}

/** @param folder README of the chain's data says what is in it. */
export function readChainCatalogue(folder: string): ChainCatalogue {
  const recordsOf = (entity: CatalogueEntity): CatalogueRecord[] =>
    linesOf<{ id: string }>(folder, entity).map(({ id, ...data }) => ({ id, data }));
  return {
    records: {
      departments: recordsOf('departments'),
      tax_rates: recordsOf('tax_rates'),
      products: recordsOf('products'),
    },
    stores: linesOf(folder, 'stores'),
  };
}

function linesOf<Line>(folder: string, name: string): Line[] {
  return gunzipSync(readFileSync(path.join(folder, `${name}.ndjson.gz`)))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}
