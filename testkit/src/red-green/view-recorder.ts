import pg from 'pg';

const pollMs = 20;

export interface ViewRow {
  readonly store_id: string;
  readonly status: string;
  readonly reason: string | null;
  readonly open_registers: number | null;
  readonly heartbeat_age_ms: number | null;
}

/** Polls the view that people read, as they do, and says when each store came to look as expected. */
export class ViewRecorder {
  private readonly client: pg.Client;
  private running = true;
  private only: readonly string[] | null = null;
  private readonly waits = new Set<(rows: ReadonlyMap<string, ViewRow>, atMs: number) => void>();
  private ended: Promise<void> = Promise.resolve();

  private constructor(databaseUrl: string) {
    this.client = new pg.Client({ connectionString: databaseUrl });
  }

  static async start(databaseUrl: string): Promise<ViewRecorder> {
    const recorder = new ViewRecorder(databaseUrl);
    await recorder.client.connect();
    recorder.ended = recorder.poll();
    return recorder;
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.ended;
    await this.client.end();
  }

  /**
   * Milliseconds from `sinceMs` (or each store's own) until each store looks so; Infinity for those that do not within
   * the deadline. `measure` replaces the time by a figure of the row that first looks so.
   */
  until(
    storeIds: readonly string[],
    looks: (row: ViewRow) => boolean,
    {
      sinceMs = performance.now(),
      deadlineMs,
      measure,
    }: {
      sinceMs?: number | ReadonlyMap<string, number>;
      deadlineMs: number;
      measure?: (row: ViewRow) => number;
    },
  ): Promise<number[]> {
    const waiting = new Set(storeIds);
    const took: number[] = [];
    const startedMs = performance.now();
    return new Promise((resolve) => {
      const see = (rows: ReadonlyMap<string, ViewRow>, atMs: number) => {
        for (const storeId of waiting) {
          const row = rows.get(storeId);
          if (!row || !looks(row)) continue;
          waiting.delete(storeId);
          took.push(
            measure
              ? measure(row)
              : atMs - (typeof sinceMs === 'number' ? sinceMs : (sinceMs.get(storeId) ?? startedMs)),
          );
        }
        if (waiting.size > 0 && atMs - startedMs < deadlineMs) return;
        this.waits.delete(see);
        resolve([...took, ...[...waiting].map(() => Infinity)]);
      };
      this.waits.add(see);
    });
  }

  /** Reads these stores' rows alone from now on: with 10,000 stores, reading all of them every time would be the load. */
  narrow(storeIds: readonly string[]): void {
    this.only = storeIds;
  }

  /** Calls `hear` with each new status or reason of this store, the present one first, until this recorder stops. */
  follow(storeId: string, hear: (row: ViewRow, atMs: number) => void): void {
    let last: string | undefined;
    this.waits.add((rows, atMs) => {
      const row = rows.get(storeId);
      const looks = row && `${row.status} ${row.reason}`;
      if (!row || looks === last) return;
      last = looks;
      hear(row, atMs);
    });
  }

  private async poll(): Promise<void> {
    while (this.running) {
      const { rows } = await this.client.query<ViewRow>(
        `select store_id, status, reason, open_registers,
           extract(epoch from data_as_of - last_heartbeat_at)::float8 * 1000 as heartbeat_age_ms
         from hq_view.stores
         where $1::text[] is null or store_id = any($1)`,
        [this.only],
      );
      // When the answer is there, and so no earlier than a person could have seen it.
      const atMs = performance.now();
      const byStore = new Map(rows.map((row) => [row.store_id, row]));
      for (const see of [...this.waits]) see(byStore, atMs);
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }
}
