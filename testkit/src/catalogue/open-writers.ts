import pg from 'pg';
import { machineMs } from './host-messages.js';
import { appliedBoundMs, timeOnePrice, type CatalogueStage } from './stage.js';

const openMs = 60_000;

/** Prices change while two transactions stay open: one has written another table, one another product. */
export async function timeBesideOpenWriters(stage: CatalogueStage): Promise<void> {
  const { hq, hosts, prices, report, say } = stage;
  const held = prices.change(1)[0]!;
  prices.taken.add(held.id);
  const writers = [new pg.Client(hq.databaseUrl), new pg.Client(hq.databaseUrl)] as const;
  try {
    for (const writer of writers) {
      await writer.connect();
      await writer.query('begin');
    }
    await writers[0].query(
      `insert into hq.store (store_id, name, timezone, currency) values ('not-yet', 'Not yet', 'UTC', 'USD')`,
    );
    await writers[1].query(
      `update hq.hq_record set data = data || jsonb_build_object('priceMinor', $2::bigint)
       where entity = 'products' and record_id = $1`,
      [held.id, prices.priceOf(held.id)],
    );
    const openedMs = performance.now();
    const tookMs: number[] = [];
    let changes = 0;
    for (; performance.now() - openedMs < openMs; changes += 1) tookMs.push(...(await timeOnePrice(stage)));
    report.measured.push({
      what: `one price changed, ${changes} times, beside two writers left open for ${openMs / 1_000} s`,
      boundMs: appliedBoundMs,
      tookMs,
    });
    say('beside open writers: measured');

    const { changed: committedMs, atMs } = await hosts.watch(
      { productId: held.id, priceMinor: prices.priceOf(held.id) },
      async () => {
        await writers[1].query('commit');
        return machineMs();
      },
    );
    report.measured.push({
      what: 'the open writer commits its price',
      boundMs: appliedBoundMs,
      tookMs: atMs.map((at) => at - committedMs),
    });
  } finally {
    for (const writer of writers) await writer.end();
    prices.taken.delete(held.id);
  }
}
