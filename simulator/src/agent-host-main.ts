import { readFile } from 'node:fs/promises';
import { AgentHost, type HostConfig, type HostMessage, type HostOrder } from './agent-host.js';

/**
 * `node agent-host-main.js CONFIG.json`: runs the store servers of the configuration until its starter ends, closes
 * the IPC channel, or sends SIGTERM. Speaks HostMessage and obeys HostOrder over IPC; the configuration is a HostConfig.
 */
async function main(): Promise<void> {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new Error('usage: agent-host-main CONFIG.json');
  const config = JSON.parse(await readFile(file, 'utf8')) as HostConfig;
  const host = await AgentHost.start(config, send);
  const stop = (): void => void host.stop().finally(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.on('message', (order) => host.obey(order as HostOrder));
  process.once('disconnect', stop);
  if (process.send !== undefined && !process.connected) stop();
}

function send(message: HostMessage): void {
  // The callback takes the error of a channel that closes just now; 'disconnect' follows.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
  process.exit(1);
});
