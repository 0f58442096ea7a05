import { Worker } from 'node:worker_threads';

/** How often Grafana's list of stores refreshes. */
const refreshMs = 5_000;

export interface PanelReading {
  readonly tookMs: number;
  /** Of the stores that count. */
  readonly connected: number;
}

/**
 * Reads the whole view as Grafana's list of stores does, so that this load is there too. In a thread: 10,000 rows of
 * it block an event loop for longer than what is measured beside it.
 */
export class PanelReader {
  readonly readings: PanelReading[] = [];
  private readonly worker: Worker;

  /** @param prefix of the ids of the stores that count. */
  constructor(databaseUrl: string, prefix: string) {
    this.worker = new Worker(new URL('./panel-reader-worker.js', import.meta.url), {
      workerData: { databaseUrl, prefix, refreshMs },
    });
    this.worker.on('message', (reading: PanelReading) => this.readings.push(reading));
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }
}
