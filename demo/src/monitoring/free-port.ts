import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { host } from '../addresses.js';

/** The port that people expect, where nobody has it; else one that is free. */
export async function freePort(usual: number): Promise<number> {
  return (await tryPort(usual)) ?? (await tryPort(0)) ?? usual;
}

async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer();
  const taken = new Promise<undefined>((resolve) => server.once('error', () => resolve(undefined)));
  server.listen(port, host);
  const free = await Promise.race([once(server, 'listening'), taken]);
  if (!free) return undefined;
  const { port: found } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return found;
}
