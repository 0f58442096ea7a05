import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface ChainStore {
  readonly id: string;
  readonly name: string;
  readonly timezone: string;
  readonly currency: string;
}

/** The six figures of a store's day, as the truth file names them. */
export interface DayFigures {
  readonly salesCount: number;
  readonly grossMinor: number;
  readonly taxMinor: number;
  readonly discountMinor: number;
  readonly voidCount: number;
  readonly voidMinor: number;
}

export interface ChainDay {
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
    salesFile: path.join(dir, `sales-${businessDate}.ndjson.gz`),
    businessDate,
    stores: stores.filter((store) => store.id in truth.perStore),
    truth: new Map(Object.entries(truth.perStore)),
  };
}
