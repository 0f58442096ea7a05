import { eventually } from '@hq-sync/testkit/eventually';
import type { TestCollector } from '@hq-sync/testkit/test-collector';
import { heartbeatOf, push, saleRecord, WireStore } from '@hq-sync/testkit/wire-store';
import { readStrictly, valueOf, type Family } from './strict-text.js';

/** A name that every parser must be told of. */
export const oddName = 'The "Old" C:\\new\\ São Paulo 東京 🏪, a="b"} 1 #';

export interface LivingFleet {
  /** Secret by store. */
  readonly tokens: ReadonlyMap<string, string>;
  /** Sockets by store; those of stores that are still connected are open. */
  readonly sockets: ReadonlyMap<string, WireStore>;
  close(): Promise<void>;
}

/**
 * Real stores in every state that has a look of its own: `well` pushes, beats and has a backlog; `failing` is refused
 * twice; `holding` has a record in quarantine; `revoked` was cut off; `gone` left by itself; `never` has a token and
 * nothing else; `serverless` has none; `archived` is archived. Resolves when HQ's view shows them so.
 */
export async function startLivingFleet(hq: TestCollector): Promise<LivingFleet> {
  const tokens = new Map<string, string>();
  const sockets = new Map<string, WireStore>();
  await hq.admin.createStore({ storeId: 'serverless', name: 'No server yet' });
  for (const storeId of ['well', 'failing', 'holding', 'revoked', 'gone', 'never', 'archived']) {
    const name = storeId === 'well' ? oddName : `Store ${storeId}`;
    await hq.admin.createStore({ storeId, name, region: storeId === 'gone' ? null : 'north' });
    const { token, tokenId } = await hq.admin.generateToken(storeId);
    tokens.set(storeId, token);
    if (storeId === 'never') continue;
    const socket = await WireStore.connect(hq.url, token, { agentVersion: '1.2.3 "beta"' });
    sockets.set(storeId, socket);
    if (storeId === 'revoked') {
      await hq.admin.call('DELETE', `/stores/revoked/tokens/${tokenId}`);
      await socket.closed;
      await push(hq.url, token, [saleRecord('too late')]);
    }
    if (storeId === 'gone') await socket.close();
  }

  sockets.get('well')!.send(
    heartbeatOf({
      lastSaleAt: '2026-11-23T10:00:00.250Z',
      openRegisters: [{ terminalId: 'T1', openedAt: '2026-11-23T08:00:00Z' }],
      queues: [
        {
          entity: 'sales',
          direction: 'push',
          pendingRecords: 7,
          oldestPendingAt: new Date(Date.now() - 60_000).toISOString(),
          attempt: 0,
          nextTryAt: null,
        },
      ],
    }),
  );
  const sales = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, n) => saleRecord(`${prefix}-${n}`));
  await push(hq.url, tokens.get('well')!, sales('a', 30));
  await push(hq.url, tokens.get('well')!, [saleRecord('a-0', { grossMinor: 900 }, 2)]);
  await push(hq.url, tokens.get('archived')!, sales('b', 5));
  await push(hq.url, tokens.get('holding')!, [...sales('c', 2), { id: 'bad', revision: 1, data: {} }]);
  for (let attempt = 0; attempt < 2; attempt++)
    await push(hq.url, tokens.get('failing')!, sales('d', 1), { headers: { 'hq-schema-version': '1' } });
  await hq.admin.call('POST', '/stores/archived/archive', { force: true });
  await sockets.get('archived')!.closed;

  const statuses = { well: 'connected', failing: 'connected', holding: 'connected', revoked: 'disconnected' };
  const wanted = { ...statuses, gone: 'disconnected', never: 'never_connected', serverless: 'no_server' };
  await eventually(
    "the fleet in HQ's view",
    async () => {
      const { rows } = await hq.database.pool.query<{ store_id: string; status: string; beaten: boolean }>(
        `select store_id, status, store_id <> 'well' or pending_records = 7 as beaten,
           store_id <> 'revoked' or errors_open > 0 as counted from hq_view.stores`,
      );
      return rows;
    },
    (rows) =>
      rows.length === Object.keys(wanted).length &&
      rows.every((row) => Object.values(row).every((value) => value !== false)) &&
      rows.every(({ store_id, status }) => wanted[store_id as keyof typeof wanted] === status),
  );
  return {
    tokens,
    sockets,
    async close() {
      for (const socket of sockets.values()) await socket.close();
    },
  };
}

/** `/metrics/stores` of a collector, or another of its texts; fails unless it answers 200. */
export async function scrape(url: string, path = '/metrics/stores'): Promise<string> {
  const response = await fetch(`${url}${path}`);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`);
  return text;
}

export async function scrapeFamilies(url: string): Promise<Map<string, Family>> {
  return readStrictly(await scrape(url));
}

/** Ids of the stores that have a series in the family. */
export function storesIn(families: ReadonlyMap<string, Family>, name: string): string[] {
  const ids = families.get(name)?.samples.map(({ labels }) => labels.get('store_id')!) ?? [];
  return [...new Set(ids)].toSorted();
}

export const storeValue = (families: ReadonlyMap<string, Family>, name: string, storeId: string) =>
  valueOf(families, name, { store_id: storeId });
