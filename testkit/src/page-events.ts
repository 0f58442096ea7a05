import { get, type IncomingMessage } from 'node:http';

/** What the page's event stream says of a change. */
export interface PageChange {
  readonly asOf: string;
  readonly run: string;
  readonly version: number;
  readonly whole: boolean;
  readonly pieces: readonly (readonly [key: string, html: string])[];
}

/** A viewer of the page: its event stream, read as it comes. */
export class PageViewer {
  readonly changes: PageChange[] = [];
  readonly troubles: string[] = [];
  /** Whether it was told that its login has ended. */
  loggedOut = false;
  readonly closed: Promise<void>;
  /** What has come of the next event. */
  private chunks: string[] = [];

  private constructor(
    readonly response: IncomingMessage,
    private readonly end: () => void,
  ) {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.take(chunk));
    response.on('error', () => undefined);
    this.closed = new Promise((resolve) => response.once('close', resolve));
  }

  /** @param path e.g. `/events/stores`. */
  static async open(
    url: string,
    path: string,
    { seen = '', headers = {} }: { readonly seen?: string; readonly headers?: Record<string, string> } = {},
  ): Promise<PageViewer> {
    return new Promise((resolve, reject) => {
      const request = get(`${url}${path}?seen=${seen}`, { agent: false, headers }, (response) =>
        resolve(new PageViewer(response, () => request.destroy())),
      );
      request.on('error', reject);
    });
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  /** The newest markup of a piece. */
  piece(key: string): string | undefined {
    return this.changes.flatMap(({ pieces }) => pieces).findLast(([name]) => name === key)?.[1];
  }

  async close(): Promise<void> {
    this.end();
    await this.closed;
  }

  private take(chunk: string): void {
    const endsBetween = chunk.startsWith('\n') && this.chunks.at(-1)?.endsWith('\n');
    this.chunks.push(chunk);
    // Joined once: an event of 10 MB comes in hundreds of chunks.
    if (!endsBetween && !chunk.includes('\n\n')) return;
    const events = this.chunks.join('').split('\n\n');
    this.chunks = [events.pop() ?? ''];
    for (const event of events) {
      const [, name, data] = /^event: ([\w-]+)\ndata: (.*)$/s.exec(event) ?? [];
      if (name === 'change') this.changes.push(JSON.parse(data!) as PageChange);
      if (name === 'logged-out') this.loggedOut = true;
      if (name === 'trouble') this.troubles.push((JSON.parse(data!) as { text: string }).text);
    }
  }
}
