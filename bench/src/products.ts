import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { BenchHeadquarters } from './bench-headquarters.js';

const madeProducts = 92_331;

/** The real chain's products where HQ_CHAIN_DATA names its folder, else as many made up; each as a line of an upload. */
export async function readProducts(): Promise<{ source: string; lines: string[] }> {
  const folder = process.env['HQ_CHAIN_DATA'];
  if (folder === undefined) {
    const lines = Array.from({ length: madeProducts }, (_, index) =>
      JSON.stringify({
        id: `p${index}`,
        data: {
          name: `Product ${index}`,
          departmentId: String(index % 40),
          priceMinor: (index * 7) % 10_000,
        },
      }),
    );
    return { source: 'made-up products', lines };
  }
  const input = createReadStream(path.join(folder, 'products.ndjson.gz')).pipe(createGunzip());
  const lines: string[] = [];
  for await (const line of createInterface({ input })) {
    const data = JSON.parse(line) as Record<string, unknown>;
    lines.push(JSON.stringify({ id: String(data['id'] ?? data['productId']), data }));
  }
  return { source: 'real products', lines };
}

/** Uploads them as a person does, and has the tables as tidy as autovacuum leaves them a minute later. */
export async function uploadProducts(hq: BenchHeadquarters, lines: readonly string[]): Promise<void> {
  const { status, body } = await hq.admin.changeRecords('products', lines);
  if (status !== 200) throw new Error(`upload answered ${status}: ${JSON.stringify(body)}`);
  await hq.pool.query('vacuum analyze hq.hq_record');
}
