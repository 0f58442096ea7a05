import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import pg from 'pg';
import type { PanelReading } from './panel-reader.js';

const { databaseUrl, prefix, refreshMs } = workerData as {
  databaseUrl: string;
  prefix: string;
  refreshMs: number;
};

const client = new pg.Client({ connectionString: databaseUrl });
await client.connect();
for (;;) {
  const startedMs = performance.now();
  const { rows } = await client.query<{ store_id: string; status: string }>('select * from hq_view.stores');
  const tookMs = performance.now() - startedMs;
  const connected = rows.filter((row) => row.status === 'connected' && row.store_id.startsWith(prefix));
  parentPort!.postMessage({ tookMs, connected: connected.length } satisfies PanelReading);
  await sleep(refreshMs);
}
