import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Line } from '../src/line.js';

/** Longer than a byte takes on loopback, however busy the machine. */
const quietMs = 150;

describe('a line', () => {
  let hq: Server;
  let line: Line;
  let accepted: Socket[];
  let opened: Socket[];

  beforeEach(async () => {
    accepted = [];
    opened = [];
    hq = createServer((socket) => {
      accepted.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => socket.write(`echo ${bytes.toString()}`));
    });
    hq.listen(0, '127.0.0.1');
    await once(hq, 'listening');
    line = await Line.open(`http://127.0.0.1:${(hq.address() as AddressInfo).port}`);
  });

  afterEach(async () => {
    for (const socket of [...opened, ...accepted]) socket.destroy();
    await line.close();
    await new Promise((resolve) => hq.close(resolve));
  });

  function dial(): Socket {
    const socket = connect(Number(new URL(line.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    opened.push(socket);
    return socket;
  }

  /** `once` would reject for the reset that comes before. */
  function closed(socket: Socket): Promise<void> {
    return new Promise((resolve) => socket.once('close', () => resolve()));
  }

  async function ask(socket: Socket, text: string): Promise<string> {
    socket.write(text);
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    return bytes.toString();
  }

  it('carries bytes both ways, and an end as an end', async () => {
    const store = dial();
    expect(await ask(store, 'a')).toBe('echo a');
    accepted[0]?.end('bye');
    const [last] = (await once(store, 'data')) as [Buffer];
    expect(last.toString()).toBe('bye');
    await closed(store);
  });

  it('that is cut resets its connections and refuses new ones until it is restored', async () => {
    const store = dial();
    await ask(store, 'a');
    const far = accepted[0] as Socket;
    line.cut();
    await Promise.all([closed(store), closed(far)]);
    await closed(dial());
    expect(accepted).toHaveLength(1);
    line.restore();
    expect(await ask(dial(), 'b')).toBe('echo b');
  });

  it('that is silent passes nothing and closes nothing; what was held comes after', async () => {
    const store = dial();
    await ask(store, 'a');
    line.silence();
    const events: string[] = [];
    store.on('data', (bytes) => events.push(bytes.toString()));
    store.on('close', () => events.push('close'));
    store.write('b');
    accepted[0]?.write('from HQ');
    await sleep(quietMs);
    expect(events).toEqual([]);
    line.restore();
    while (events.join('').length < 'from HQecho b'.length) await once(store, 'data');
    expect(events.join('')).toBe('from HQecho b');
  });

  it('that is silent does not tell that the other side has gone, until it is restored', async () => {
    const store = dial();
    await ask(store, 'a');
    line.silence();
    accepted[0]?.resetAndDestroy();
    await sleep(quietMs);
    expect(store.destroyed).toBe(false);
    line.restore();
    await closed(store);
  });

  it('lets nothing through that was begun in silence', async () => {
    line.silence();
    const store = dial();
    await once(store, 'connect');
    store.write('a');
    await sleep(quietMs);
    expect(accepted).toHaveLength(0);
    line.restore();
    await closed(store);
    expect(accepted).toHaveLength(0);
    expect(await ask(dial(), 'b')).toBe('echo b');
  });
});
