import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { randomOf, type Random } from '../random.js';
import { Bottleneck } from './bottleneck.js';
import { Flow } from './flow.js';
import { fastLine, minTimeoutMs, type LineShape } from './line-shape.js';
import type { LineFlow, LineWatcher } from './line-watcher.js';

/** What the relay holds of a store's socket beside the line's queue. */
const highWaterMarkBytes = 4_096;

type State = 'up' | 'cut' | 'silent';

/** One connection of the store: its own end, and the end towards HQ once that is opened. */
interface Pair {
  readonly connection: number;
  readonly near: Socket;
  far: Socket | null;
  readonly flows: Flow[];
}

export interface LineOptions {
  readonly shape?: LineShape;
  /** Decides what is lost. */
  readonly seed?: string;
  readonly watcher?: LineWatcher;
}

/**
 * A store's line to HQ: a TCP relay that can be cut, go silent as a dead router does, when nothing comes through and
 * nobody is told, or become slow and lossy. It is no netem: it ends each connection itself, so the kernels' own
 * congestion control, handshakes and resets are not those of the line.
 */
export class Line {
  private state: State = 'up';
  private readonly pairs = new Set<Pair>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly up: Bottleneck;
  private readonly down: Bottleneck;
  private readonly random: Random;
  private readonly watcher: LineWatcher | undefined;
  private shape: LineShape;
  private connections = 0;

  /** Opens the relay on a free port of loopback, towards the host and port of `hqUrl` (http). */
  static async open(hqUrl: string, options: LineOptions = {}): Promise<Line> {
    const { hostname, port } = new URL(hqUrl);
    const server = createServer({
      // An end of one side is passed on as an end, not as a cut.
      allowHalfOpen: true,
      pauseOnConnect: true,
      noDelay: true,
      highWaterMark: highWaterMarkBytes,
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return new Line(server, hostname, Number(port || 80), options);
  }

  private constructor(
    private readonly server: Server,
    private readonly host: string,
    private readonly port: number,
    { shape = fastLine, seed = 'line', watcher }: LineOptions,
  ) {
    this.shape = shape;
    this.random = randomOf(seed);
    this.watcher = watcher;
    ({ up: this.up, down: this.down } = Bottleneck.pair(shape, this.random, watcher));
    server.on('connection', (near) => this.accept(near));
  }

  /** What the store takes for HQ's address. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Of the connections that there are, too. */
  become(shape: LineShape): void {
    this.shape = shape;
    this.up.become(shape);
    this.down.become(shape);
  }

  /** Resets every connection and refuses new ones. */
  cut(): void {
    this.state = 'cut';
    for (const pair of this.pairs) this.drop(pair);
  }

  /** Holds connections, old and new, but passes nothing in either direction, not even that one has ended. */
  silence(): void {
    if (this.state === 'cut') return;
    this.state = 'silent';
    this.up.hold();
    this.down.hold();
  }

  /**
   * What was held goes on; a connection whose other side has gone meanwhile ends, and one that was begun in silence
   * as well: on a dead line it would never have come about.
   */
  restore(): void {
    const wasSilent = this.state === 'silent';
    this.state = 'up';
    if (!wasSilent) return;
    for (const pair of this.pairs) {
      if (pair.far === null || pair.near.destroyed || pair.far.destroyed) this.drop(pair);
    }
    this.up.release();
    this.down.release();
  }

  async close(): Promise<void> {
    this.cut();
    for (const timer of this.timers) clearTimeout(timer);
    this.up.close();
    this.down.close();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private accept(near: Socket): void {
    if (this.state === 'cut') return void near.resetAndDestroy();
    this.connections += 1;
    const pair: Pair = { connection: this.connections, near, far: null, flows: [] };
    this.pairs.add(pair);
    this.watch(near, pair);
    if (this.state === 'up') this.after(this.handshakeMs(), () => this.dial(pair));
  }

  private dial(pair: Pair): void {
    // Fallen silent meanwhile, it is as if it was begun in silence.
    if (this.state !== 'up' || pair.near.destroyed) return;
    const far = connect({ host: this.host, port: this.port, allowHalfOpen: true, noDelay: true });
    pair.far = far;
    this.watch(far, pair);
    far.once('connect', () => {
      this.lay(pair, 'hq', pair.near, far, this.up);
      this.lay(pair, 'store', far, pair.near, this.down);
    });
  }

  private lay(
    pair: Pair,
    towards: LineFlow['towards'],
    source: Socket,
    target: Socket,
    bottleneck: Bottleneck,
  ): void {
    const { connection } = pair;
    const { watcher } = this;
    const onReadable = (): void => bottleneck.admit();
    const flow = new Flow({ connection, towards, source, target, watcher, onReadable });
    pair.flows.push(flow);
    bottleneck.join(flow);
  }

  /** A round trip through both queues; a lost SYN costs a timeout, and the next one twice that. */
  private handshakeMs(): number {
    const { shape, up, down } = this;
    let lostMs = 0;
    for (let timeoutMs = minTimeoutMs; this.random.chance(shape.lossShare); timeoutMs *= 2)
      lostMs += timeoutMs;
    return 2 * shape.oneWayMs + up.waitMs + down.waitMs + lostMs;
  }

  private watch(socket: Socket, pair: Pair): void {
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => {
      if (this.state === 'silent' || !this.pairs.has(pair)) return; // found out at `restore`, or known
      const queue = socket === pair.near ? this.up : this.down;
      // What it has sent comes first.
      this.after(this.shape.oneWayMs + queue.waitMs, () => this.drop(pair));
    });
  }

  private drop(pair: Pair): void {
    if (!this.pairs.delete(pair)) return;
    for (const flow of pair.flows) {
      this.up.leave(flow);
      this.down.leave(flow);
    }
    for (const socket of [pair.near, pair.far]) {
      if (socket === null || socket.destroyed) continue;
      if (socket.writableEnded || this.state === 'up') socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  private after(ms: number, work: () => void): void {
    if (ms === 0) return work();
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, ms);
    this.timers.add(timer);
  }
}
