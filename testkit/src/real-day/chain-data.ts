import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { DayFigures } from '../day-figures.js';

export interface ChainStore {
  readonly id: string;
  readonly name: string;
  readonly timezone: string;
  readonly currency: string;
}

export interface ChainDay {
  /** Of all the chain's files. */
  readonly folder: string;
  readonly salesFile: string;
  readonly businessDate: string;
  readonly stores: readonly ChainStore[];
  readonly truth: ReadonlyMap<string, DayFigures>;
}

/** Folder of the real chain's data, or undefined where it is not at hand. */
export const chainDataDir: string | undefined = process.env['HQ_CHAIN_DATA'];

export function readChainDay(dir: string, businessDate = '2017-11-22'): ChainDay {
  const truth = JSON.parse(readFileSync(path.join(dir, `sales-${businessDate}.truth.json`), 'utf8')) as {
    perStore: Record<string, DayFigures>;
  };
  const stores = gunzipSync(readFileSync(path.join(dir, 'stores.ndjson.gz')))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ChainStore);
  return {
    folder: dir,
    salesFile: path.join(dir, `sales-${businessDate}.ndjson.gz`),
    businessDate,
    stores: stores.filter((store) => store.id in truth.perStore),
    truth: new Map(Object.entries(truth.perStore)),
  };
}

/** The stores that sell most, at most this many. */
export function busiestStores({ stores, truth }: ChainDay, count: number): ChainStore[] {
  const salesOf = ({ id }: ChainStore) => truth.get(id)!.salesCount;
  return stores.toSorted((one, other) => salesOf(other) - salesOf(one)).slice(0, count);
}

export interface ChainYear {
  readonly salesFile: string;
  /** By business date. */
  readonly perDay: ReadonlyMap<string, DayFigures>;
}

/** The year of the one store whose every sale is known. */
export function readChainYear(dir: string): ChainYear {
  const truth = JSON.parse(readFileSync(path.join(dir, 'sales-store-367-2017.truth.json'), 'utf8')) as {
    perDay: Record<string, DayFigures>;
  };
  return {
    salesFile: path.join(dir, 'sales-store-367-2017.ndjson.gz'),
    perDay: new Map(Object.entries(truth.perDay)),
  };
}
