import { createReadStream, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { ChainStore } from './demo-chain.js';
import type { RealSale } from './replay.js';

/** For a store of which only the sales are known. */
const fallbackZone = 'UTC';
const fallbackCurrency = 'USD';
/** 600,000 sales are 1 GB of memory as objects; a whole chain's year is for the load tools. */
const maxSales = 600_000;

/** The file cannot be used; the message is for a person. */
export class ReplayFileError extends Error {
  override name = 'ReplayFileError';
}

interface ListedStore {
  readonly id: string;
  readonly name: string;
  readonly timezone: string;
  readonly currency: string;
}

export interface Replay {
  readonly sales: readonly RealSale[];
  /** The stores of the sales, by id. */
  readonly stores: readonly ChainStore[];
}

/**
 * Reads a file of real sales (NDJSON, gzipped when its name ends in .gz) and the stores that it names. A file
 * `stores.ndjson` or `stores.ndjson.gz` beside it says name, timezone and currency; a store that it lacks is taken
 * to be in UTC and USD.
 * @throws ReplayFileError
 */
export async function readReplay(file: string): Promise<Replay> {
  const sales: RealSale[] = [];
  for await (const line of objectsOf(file)) {
    const sale = line as unknown as RealSale;
    if (typeof sale.storeId !== 'string' || typeof sale.saleId !== 'string' || !Array.isArray(sale.lines)) {
      throw new ReplayFileError(
        `${file}: line ${sales.length + 1} is no sale with storeId, saleId and lines.`,
      );
    }
    if (sales.length >= maxSales) throw new ReplayFileError(`${file} has more than ${maxSales} sales.`);
    sales.push(sale);
  }
  if (sales.length === 0) throw new ReplayFileError(`${file} has no sales.`);
  const listed = await listedStores(dirname(file));
  const ids = [...new Set(sales.map(({ storeId }) => storeId))].sort();
  return { sales, stores: ids.map((storeId) => chainStore(storeId, listed.get(storeId))) };
}

async function listedStores(directory: string): Promise<Map<string, ListedStore>> {
  const file = ['stores.ndjson', 'stores.ndjson.gz']
    .map((name) => join(directory, name))
    .find((path) => existsSync(path));
  const stores = new Map<string, ListedStore>();
  if (file === undefined) return stores;
  for await (const line of objectsOf(file)) {
    const store = line as unknown as ListedStore;
    stores.set(store.id, store);
  }
  return stores;
}

function chainStore(storeId: string, listed: ListedStore | undefined): ChainStore {
  return {
    storeId,
    name: listed?.name ?? `Store ${storeId}`,
    region: null,
    timezone: listed?.timezone ?? fallbackZone,
    currency: listed?.currency ?? fallbackCurrency,
    openingHours: null,
    registers: 0,
    hasServer: true,
    fleetIncidents: [],
  };
}

async function* objectsOf(file: string): AsyncGenerator<Record<string, unknown>> {
  const source = createReadStream(file);
  const input = file.endsWith('.gz') ? source.pipe(createGunzip()) : source;
  // readline hears no errors of its input.
  const failed = new Promise<never>((_, reject) => {
    source.once('error', reject);
    input.once('error', reject);
  });
  failed.catch(() => undefined);
  const lines = createInterface({ input, crlfDelay: Infinity })[Symbol.asyncIterator]();
  try {
    for (let number = 1; ; number += 1) {
      const { done, value } = await Promise.race([lines.next(), failed]);
      if (done) break;
      if (value.trim() !== '') yield parseLine(file, number, value);
    }
  } catch (error) {
    if (error instanceof ReplayFileError) throw error;
    throw new ReplayFileError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  } finally {
    source.destroy();
  }
}

function parseLine(file: string, number: number, line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    throw new ReplayFileError(`${file}: line ${number} is no JSON.`);
  }
}
