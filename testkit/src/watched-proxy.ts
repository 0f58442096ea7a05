import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/** What a test sees of one proxied connection. */
export interface Watcher {
  fromClient(chunk: Buffer): void;
  /** Whether what has just come from the client is kept from the server until `letGo`. */
  keeps?(): boolean;
  /**
   * 'cut' drops this chunk and the connection: the client never learns what the server said. 'hold' drops it and all
   * that comes after it, and the connection stays.
   */
  fromServer(chunk: Buffer): 'pass' | 'cut' | 'hold';
}

export interface Target {
  readonly host: string;
  readonly port: number;
}

const unwatched = (): Watcher => ({ fromClient: () => undefined, fromServer: () => 'pass' });

/** A TCP proxy that lets a test act just when an answer is on its way. */
export class WatchedProxy {
  private readonly sockets = new Set<Socket>();
  /** What is kept of each client, and to whom it goes. */
  private readonly kept = new Map<Socket, { readonly upstream: Socket; readonly chunks: Buffer[] }>();
  private refusing = false;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** @param target where the server is, asked at each connection; null while there is none. */
  static async listen(target: () => Target | null, watch: () => Watcher = unwatched): Promise<WatchedProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new WatchedProxy(server, (server.address() as AddressInfo).port);
    server.on('connection', (client) => proxy.join(client, target(), watch()));
    return proxy;
  }

  /** Ends every connection and refuses new ones until `restore`. */
  cut(): void {
    this.refusing = true;
    for (const socket of this.sockets) socket.destroy();
  }

  restore(): void {
    this.refusing = false;
  }

  /** Sends what was kept of clients that still wait. */
  letGo(): void {
    for (const { upstream, chunks } of this.kept.values()) for (const chunk of chunks) upstream.write(chunk);
    this.kept.clear();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket, target: Target | null, watcher: Watcher): void {
    this.track(client);
    if (target === null || this.refusing) return void client.destroy();
    const upstream = connect(target.port, target.host);
    this.track(upstream);
    client.on('data', (chunk) => {
      watcher.fromClient(chunk);
      if (watcher.keeps?.() === true) this.keep(client, upstream, chunk);
      else upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      const then = watcher.fromServer(chunk);
      if (then === 'pass') client.write(chunk);
      else if (then === 'cut') client.destroy();
      else upstream.pause();
    });
    client.on('close', () => {
      this.kept.delete(client);
      upstream.destroy();
    });
    upstream.on('close', () => client.destroy());
  }

  private keep(client: Socket, upstream: Socket, chunk: Buffer): void {
    const kept = this.kept.get(client);
    if (kept) kept.chunks.push(chunk);
    else this.kept.set(client, { upstream, chunks: [chunk] });
  }

  private track(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
  }
}
