import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomOf, type Random } from '@hq-sync/simulator/random';
import type { Target } from '../watched-proxy.js';
import { Bottleneck } from './bottleneck.js';
import { Flow } from './flow.js';
import { LineTrace } from './line-trace.js';
import { minTimeoutMs, type LineShape } from './line-shape.js';

/** What the relay holds of a socket beside the line's queue. */
const highWaterMarkBytes = 4_096;

export type Purpose = 'socket' | 'push';

/** Something came out of the line at HQ. */
export interface ArrivalAtHq {
  readonly purpose: Purpose;
  readonly bytes: number;
  readonly atMs: number;
}

/**
 * A TCP relay whose connections all go through one emulated line. It is no netem: it ends each connection itself, so
 * the kernels' own congestion control, handshakes and resets are not those of the line.
 */
export class ThinRelay {
  bytesToStore = 0;
  onArrival: (arrival: ArrivalAtHq) => void = () => undefined;
  private readonly sockets = new Set<Socket>();
  private isCut = false;

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private readonly target: Target,
    private shape: LineShape,
    private readonly random: Random,
    readonly trace: LineTrace,
    readonly lines: { readonly up: Bottleneck; readonly down: Bottleneck },
  ) {}

  static async listen(target: Target, shape: LineShape, seed: string): Promise<ThinRelay> {
    const random = randomOf(seed);
    const server = createServer({
      allowHalfOpen: true,
      pauseOnConnect: true,
      noDelay: true,
      highWaterMark: highWaterMarkBytes,
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const trace = new LineTrace();
    const lines = Bottleneck.pair(shape, random, trace);
    const relay = new ThinRelay(server, port, target, shape, random, trace, lines);
    server.on('connection', (client) => void relay.join(client));
    return relay;
  }

  become(shape: LineShape): void {
    this.shape = shape;
    this.lines.up.become(shape);
    this.lines.down.become(shape);
  }

  /** Ends every connection, and each new one at once, until `restore`. */
  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  restore(): void {
    this.isCut = false;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async join(client: Socket): Promise<void> {
    this.track(client);
    if (this.isCut) return void client.destroy();
    await sleep(this.handshakeMs());
    if (client.destroyed) return;
    const upstream = connect({ ...this.target, allowHalfOpen: true, noDelay: true });
    this.track(upstream);
    await new Promise((resolve) => upstream.once('connect', resolve).once('close', resolve));

    let purpose: Purpose | undefined;
    const { up, down } = this.lines;
    const toHq = new Flow(
      client,
      upstream,
      (payload) => {
        purpose ??= payload.toString('latin1', 0, 5) === 'POST ' ? 'push' : 'socket';
        this.trace.note(`${purpose} to HQ: arrived`);
        this.onArrival({ purpose, bytes: payload.length, atMs: performance.now() });
      },
      () => up.admit(),
      () => `${purpose ?? 'new connection'} to HQ`,
    );
    const toStore = new Flow(
      upstream,
      client,
      (payload) => {
        this.bytesToStore += payload.length;
        this.trace.note(`${purpose} to the store: arrived`);
      },
      () => down.admit(),
      () => `${purpose} to the store`,
    );
    up.join(toHq);
    down.join(toStore);
    client.on('close', () => {
      up.leave(toHq);
      setTimeout(() => upstream.destroy(), this.shape.oneWayMs + up.waitMs);
    });
    upstream.on('close', () => {
      down.leave(toStore);
      setTimeout(() => client.destroy(), this.shape.oneWayMs + down.waitMs);
    });
  }

  /** A round trip through both queues; a lost SYN costs a timeout, and the next one twice that. */
  private handshakeMs(): number {
    const { shape, lines } = this;
    let lostMs = 0;
    for (let timeoutMs = minTimeoutMs; this.random.chance(shape.lossShare); timeoutMs *= 2)
      lostMs += timeoutMs;
    return 2 * shape.oneWayMs + lines.up.waitMs + lines.down.waitMs + lostMs;
  }

  private track(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
  }
}
