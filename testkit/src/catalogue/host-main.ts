import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { StoreAgent } from '@hq-sync/store-agent/agent';
import { pino } from 'pino';
import { catalogueEntities } from './chain-catalogue.js';
import {
  machineMs,
  type CopyHashes,
  type HostConfig,
  type HostMessage,
  type HostOrder,
  type Watch,
} from './host-messages.js';

/** Resolution of what is measured. A look at one copy is a read by its key, about 10 µs. */
const lookMs = 20;

/** `node host-main.js CONFIG.json`: real agents that pull, until their starter ends them. */
async function main(): Promise<void> {
  const config = JSON.parse(await readFile(process.argv[2]!, 'utf8')) as HostConfig;
  const agents: StoreAgent[] = [];
  const stop = () => void Promise.all(agents.map((agent) => agent.stop())).finally(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('disconnect', stop);
  process.on('message', (message) => {
    const order = message as HostOrder;
    if (order.order === 'watch') watch(agents, order.watch);
    else void hashAll(agents).then((hashes) => send({ type: 'hashed', hashes }));
  });
  for (const { storeId, token } of config.stores) {
    agents.push(
      await StoreAgent.start({
        hqUrl: config.hqUrl,
        storeId,
        token,
        dataDir: path.join(config.dataDir, storeId),
        intake: null,
        log: pino({ level: 'silent' }),
      }),
    );
  }
  send({ type: 'started' });
}

function send(message: HostMessage): void {
  // The callback takes the error of a channel that closes just now; 'disconnect' follows.
  if (process.connected) process.send!(message, undefined, undefined, () => undefined);
}

/** Reads the copies as the tills do. */
function watch(agents: readonly StoreAgent[], { number, productId, priceMinor }: Watch): void {
  const lacking = new Set(agents);
  const atMs: number[] = [];
  const timer = setInterval(() => {
    for (const agent of lacking) {
      if (agent.read('products', productId)?.['priceMinor'] !== priceMinor) continue;
      lacking.delete(agent);
      atMs.push(machineMs());
    }
    if (lacking.size > 0) return;
    clearInterval(timer);
    send({ type: 'seen', number, atMs });
  }, lookMs);
  send({ type: 'watching', number });
}

async function hashAll(agents: readonly StoreAgent[]): Promise<CopyHashes[]> {
  const all: CopyHashes[] = [];
  for (const agent of agents) {
    const hashes: Record<string, string> = {};
    for (const entity of catalogueEntities) hashes[entity] = await agent.copyHash(entity);
    all.push(hashes as CopyHashes);
  }
  return all;
}

await main();
