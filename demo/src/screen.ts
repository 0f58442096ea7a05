import { createLogUpdate } from 'log-update';
import type { WriteStream } from 'node:tty';

/** Where pictures stand one below the other: soon again at the start, when all of it changes, then less often. */
const firstPlainIntervalMs = 1_000;
const maxPlainIntervalMs = 10_000;
const plainWidth = 120;
const plainMaxRows = 1_000;
/** Of the lines around the table, the heads of the table and one line in which the cursor rests. */
const spareRows = 3;

export interface ScreenSize {
  readonly width: number;
  /** Lines that the whole picture may have. */
  readonly height: number;
  readonly colour: boolean;
}

/** Where the table is shown: in place on a terminal, one below the other elsewhere. */
export class Screen {
  private readonly update: ReturnType<typeof createLogUpdate> | undefined;
  private nextPlainMs = 0;
  private plainIntervalMs = firstPlainIntervalMs;

  constructor(
    private readonly stream: WriteStream,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    if (stream.isTTY) this.update = createLogUpdate(stream);
  }

  get size(): ScreenSize {
    const { columns, rows } = this.stream;
    if (this.update === undefined)
      return { width: Number(this.env['COLUMNS']) || plainWidth, height: plainMaxRows, colour: false };
    // https://no-color.org: set and not empty.
    return {
      width: columns || plainWidth,
      height: (rows || plainMaxRows) - spareRows,
      colour: !this.env['NO_COLOR'],
    };
  }

  show(picture: string): void {
    if (this.update !== undefined) return this.update(picture);
    if (performance.now() < this.nextPlainMs) return;
    this.nextPlainMs = performance.now() + this.plainIntervalMs;
    this.plainIntervalMs = Math.min(this.plainIntervalMs * 2, maxPlainIntervalMs);
    this.stream.write(`${picture}\n\n`);
  }

  /** A line that stays, above the table. */
  say(line: string): void {
    this.update?.clear();
    this.stream.write(`${line}\n`);
  }

  /** Leaves the last table on the terminal. */
  end(): void {
    this.update?.done();
  }
}
