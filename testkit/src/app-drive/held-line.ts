import { WatchedProxy, type Watcher } from '../watched-proxy.js';

/** The line of one store server to HQ, on which some requests can be made to wait while its socket goes on. */
export class HeldLine {
  private proxy!: WatchedProxy;
  /** What waits, and how many of it pass before. */
  private held: { readonly path: string; passing: number } | undefined;

  private constructor(private readonly hqUrl: URL) {}

  /** @param hqUrl by plain HTTP. */
  static async listen(hqUrl: string): Promise<HeldLine> {
    const line = new HeldLine(new URL(hqUrl));
    const { hostname, port } = line.hqUrl;
    line.proxy = await WatchedProxy.listen(
      () => ({ host: hostname, port: Number(port || 80) }),
      () => line.watch(),
    );
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${this.proxy.port}`;
  }

  /** Requests to this path wait from now on, the first `passing` ones left out. */
  hold(path: string, passing = 0): void {
    this.held = { path, passing };
  }

  letGo(): void {
    this.held = undefined;
    this.proxy.letGo();
  }

  close(): Promise<void> {
    return this.proxy.close();
  }

  /** Of one connection: it carries one request at a time. */
  private watch(): Watcher {
    let waits = false;
    return {
      fromClient: (chunk) => {
        const path = /^POST (\S+) HTTP/.exec(chunk.toString('latin1', 0, 200))?.[1];
        if (path === undefined) return;
        waits = path === this.held?.path && this.held.passing <= 0;
        if (path === this.held?.path) this.held.passing -= 1;
      },
      keeps: () => waits && this.held !== undefined,
      fromServer: () => 'pass',
    };
  }
}
