import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { waitForPort } from '../src/port.js';

describe('waiting for a port', () => {
  let server: Server | undefined;
  afterEach(() => void server?.close());

  async function takePort(): Promise<number> {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  it('says that it is taken, in one sentence', async () => {
    const port = await takePort();
    await expect(waitForPort('127.0.0.1', port, 0)).rejects.toThrow(
      `Port ${port} is taken by another program`,
    );
  });

  it('ends when it becomes free', async () => {
    const port = await takePort();
    const waiting = waitForPort('127.0.0.1', port, 5_000);
    server?.close();
    await waiting;
  });
});
