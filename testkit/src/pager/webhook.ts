import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One alert as Alertmanager notifies it. */
export interface NotifiedAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
}

/** What somebody on call has got about one alert. */
export interface Page {
  /** Alert name, and its store or region. */
  readonly name: string;
  readonly receiver: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Times by `performance.now()`, in ms. */
  readonly firedMs: number;
  resolvedMs: number | null;
}

/** Where Alertmanager sends: each receiver has a path of its own. The test is on call. */
export class Webhook {
  /** In the order in which they came; an alert that fires again is another page. */
  readonly pages: Page[] = [];

  private constructor(private readonly server: Server) {}

  static async listen(): Promise<Webhook> {
    const server = createServer();
    const webhook = new Webhook(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        webhook.take(request.url!.slice(1), JSON.parse(Buffer.concat(chunks).toString('utf8')));
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return webhook;
  }

  url(receiver: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${receiver}`;
  }

  /** Names of the pages since a time that are not over. */
  firing(sinceMs = 0): string[] {
    return this.pages
      .filter((page) => page.resolvedMs === null && page.firedMs >= sinceMs)
      .map(({ name }) => name);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(receiver: string, body: { alerts: NotifiedAlert[] }): void {
    const nowMs = performance.now();
    for (const { status, labels, annotations } of body.alerts) {
      const name = [labels['alertname'], labels['store_id'] ?? labels['region']].filter(Boolean).join(' ');
      const open = this.pages.findLast((page) => page.name === name && page.resolvedMs === null);
      if (status === 'resolved') {
        if (open) open.resolvedMs = nowMs;
      } else if (!open) {
        this.pages.push({ name, receiver, labels, annotations, firedMs: nowMs, resolvedMs: null });
      }
    }
  }
}
