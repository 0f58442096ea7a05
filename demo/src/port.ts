import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { DemoError } from './demo-error.js';

const pollMs = 250;

/**
 * Waits until a port of `host` can be listened on, at most `waitMs`.
 * @throws DemoError when it stays taken, or this user may not use it.
 */
export async function waitForPort(host: string, port: number, waitMs: number): Promise<void> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const code = await tryPort(host, port);
    if (code === undefined) return;
    if (code === 'EACCES')
      throw new DemoError(`This user may not listen on port ${port}: choose another one with --port.`);
    if (code !== 'EADDRINUSE') throw new DemoError(`Port ${port} of ${host} cannot be used (${code}).`);
    if (performance.now() > deadline) {
      throw new DemoError(`Port ${port} is taken by another program: choose another one with --port.`);
    }
    await sleep(pollMs);
  }
}

function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
