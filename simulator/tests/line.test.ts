import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Line, type LineOptions } from '../src/line/line.js';
import { fastLine } from '../src/line/line-shape.js';

/** Longer than a byte takes on loopback, however busy the machine. */
const quietMs = 150;
/** A timer may be this early by the clock that tells the time. */
const timerSlackMs = 5;

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
    line = await openLine();
  });

  afterEach(async () => {
    for (const socket of [...opened, ...accepted]) socket.destroy();
    await line.close();
    await new Promise((resolve) => hq.close(resolve));
  });

  function openLine(options?: LineOptions): Promise<Line> {
    return Line.open(`http://127.0.0.1:${(hq.address() as AddressInfo).port}`, options);
  }

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

  it('that is slow takes its time over what goes through it, and over a connection too', async () => {
    line.become({ bytesPerSecond: 100_000, oneWayMs: 20, lossShare: 0 });
    const startedMs = performance.now();
    const store = dial();
    let answer = '';
    store.on('data', (bytes: Buffer) => (answer += bytes.toString()));
    store.write('x'.repeat(20_000));
    while (answer.replaceAll('echo ', '').length < 20_000) await once(store, 'data');
    // A handshake, 20,000 bytes at the rate, and the way there and back.
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(40 + 200 + 40 - timerSlackMs);

    line.become(fastLine);
    expect(await ask(store, 'a')).toBe('echo a');
  });

  it('that is lossy delivers all of it in order, late', async () => {
    await line.close();
    const stalls: number[] = [];
    line = await openLine({ watcher: { recovered: (_, stallMs) => stalls.push(stallMs) } });
    const store = dial();
    const sent = Array.from({ length: 8_000 }, (_, number) => `${number} `).join('');
    let answer = '';
    store.on('data', (bytes: Buffer) => (answer += bytes.toString()));
    await ask(store, 'a');
    answer = '';
    line.become({ bytesPerSecond: Infinity, oneWayMs: 1, lossShare: 0.15 });
    store.write(sent);
    while (answer.replaceAll('echo ', '').length < sent.length) await once(store, 'data');
    expect(answer.replaceAll('echo ', '')).toBe(sent);
    expect(stalls.length).toBeGreaterThan(0);
    expect(Math.min(...stalls)).toBeGreaterThanOrEqual(900);
  });
});
