import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

type State = 'up' | 'cut' | 'silent';

/** One connection of the store: its own end, and the end towards HQ once that is opened. */
interface Pair {
  readonly near: Socket;
  far: Socket | null;
}

/**
 * A store's line to HQ: a TCP relay that can be cut, or go silent as a dead router does, when nothing comes
 * through and nobody is told.
 */
export class Line {
  private state: State = 'up';
  private readonly pairs = new Set<Pair>();

  /** Opens the relay on a free port of loopback, towards the host and port of `hqUrl` (http). */
  static async open(hqUrl: string): Promise<Line> {
    const { hostname, port } = new URL(hqUrl);
    // Half-open: an end of one side is passed on as an end, not as a cut.
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return new Line(server, hostname, Number(port || 80));
  }

  private constructor(
    private readonly server: Server,
    private readonly host: string,
    private readonly port: number,
  ) {
    server.on('connection', (near) => this.accept(near));
  }

  /** What the store takes for HQ's address. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
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
    for (const { near, far } of this.pairs) {
      near.unpipe().pause();
      far?.unpipe().pause();
    }
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
      if (pair.far === null) this.drop(pair);
      else this.forward(pair);
    }
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private accept(near: Socket): void {
    if (this.state === 'cut') return void near.resetAndDestroy();
    const pair: Pair = { near, far: null };
    this.pairs.add(pair);
    near.setNoDelay(true);
    this.watch(near, pair);
    if (this.state === 'up') this.forward(pair);
  }

  private forward(pair: Pair): void {
    if (pair.far === null) {
      pair.far = connect({ host: this.host, port: this.port, allowHalfOpen: true, noDelay: true });
      this.watch(pair.far, pair);
    }
    if (pair.near.destroyed || pair.far.destroyed) return this.drop(pair);
    pair.near.pipe(pair.far);
    pair.far.pipe(pair.near);
  }

  private watch(socket: Socket, pair: Pair): void {
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => {
      if (this.state === 'silent') return; // found out at `restore`
      this.drop(pair);
    });
  }

  private drop(pair: Pair): void {
    this.pairs.delete(pair);
    for (const socket of [pair.near, pair.far]) {
      if (socket === null || socket.destroyed) continue;
      if (socket.writableEnded || this.state === 'up') socket.destroy();
      else socket.resetAndDestroy();
    }
  }
}
