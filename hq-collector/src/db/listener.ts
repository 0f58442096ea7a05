import pg from 'pg';

const relistenDelayMs = 1_000;

/**
 * One connection that listens for hints. A notification carries no news, only that there are some: after every
 * (re)connect `onHint` runs for each channel, because whatever was said while nobody listened is lost.
 */
export class Listener {
  private client: pg.Client | undefined;
  private stopped = false;

  constructor(
    private readonly databaseUrl: string,
    /** By channel, which must be a plain lower-case name. */
    private readonly onHint: Readonly<Record<string, () => void>>,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    void this.listen();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.client?.end().catch(() => undefined);
  }

  private async listen(): Promise<void> {
    if (this.stopped) return;
    const client = new pg.Client({
      connectionString: this.databaseUrl,
      connectionTimeoutMillis: 3_000,
      keepAlive: true,
      application_name: 'hq-collector listener',
    });
    this.client = client;
    client.on('notification', ({ channel }) => this.onHint[channel]?.());
    client.on('error', this.onError);
    client.on('end', () => {
      if (!this.stopped) setTimeout(() => void this.listen(), relistenDelayMs).unref();
    });
    try {
      await client.connect();
      for (const channel of Object.keys(this.onHint)) await client.query(`listen ${channel}`);
      for (const hint of new Set(Object.values(this.onHint))) hint();
    } catch (error) {
      this.onError(error);
      await client.end().catch(() => undefined);
    }
  }
}
