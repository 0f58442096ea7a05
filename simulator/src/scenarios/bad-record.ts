import { limits } from '@hq-sync/protocol/limits';
import { makeSale } from '../make-sale.js';
import type { SimulatedStore } from '../store.js';
import type { Scenario, ScenarioContext } from './scenario.js';

const heldSeconds = 60;

/**
 * A POS with a fault: one sale's total is not the sum of its lines, one has another country's currency, one is larger
 * than HQ takes. The rest of the store's records pass. After a while a person corrects and replays what is held.
 */
export const badRecord: Scenario = async (store, context) => {
  const { pause, random, say } = context;
  await store.server.restart({ validate: false });
  say('the POS writes a sale that does not add up, and one in a foreign currency');
  const crooked = makeSale(random, store.saleContext());
  const foreign = store.chainStore.currency === 'USD' ? 'EUR' : 'USD';
  const inForeign = makeSale(random, { ...store.saleContext(), currency: foreign });
  for (const data of [{ ...crooked, grossMinor: crooked.grossMinor + 1 }, inForeign]) {
    store.server.running.enqueue('sales', { id: store.newId(), revision: 1, data });
  }
  writeGiant(store);
  await pause(heldSeconds);
  say('a person corrects the records in quarantine and replays them');
  await correctHeld(store, context);
};

/** Over the limit of one record. Always the same one: it stays at the store, and one is enough. */
function writeGiant(store: SimulatedStore): void {
  const terminalId = 'T1';
  const lineBytes = 80;
  const productId = 'x'.repeat(lineBytes);
  const line = { productId, quantity: 1, grossMinor: 1, discountMinor: 0, taxMinor: 0 };
  const count = Math.ceil(limits.maxRecordBytes / lineBytes);
  const lines = Array.from({ length: count }, () => line);
  const data = {
    kind: 'sale' as const,
    status: 'completed' as const,
    completedAt: '2026-01-02T12:00:00.000Z',
    currency: store.chainStore.currency,
    terminalId,
    grossMinor: count,
    discountMinor: 0,
    taxMinor: 0,
    lines,
  };
  store.server.running.enqueue('sales', { id: 'stocktaking-as-one-sale', revision: 1, data });
}

async function correctHeld(store: SimulatedStore, { admin }: ScenarioContext): Promise<void> {
  for (const { quarantineId, content } of await admin.listQuarantine(store.chainStore.storeId)) {
    const record = JSON.parse(Buffer.from(content, 'base64').toString('utf8')) as { data: SaleLike };
    const grossMinor = record.data.lines.reduce((sum, line) => sum + line.grossMinor, 0);
    await admin.replayQuarantined(quarantineId, {
      ...record,
      data: { ...record.data, currency: store.chainStore.currency, grossMinor },
    });
  }
}

interface SaleLike {
  lines: { grossMinor: number }[];
}
