import { constants } from 'node:os';
import type { Surface } from './output/render.js';
import { limits } from './limits.js';

/** Where the program reads and writes. */
export class Terminal implements Surface {
  readonly env = process.env;
  /** Whether a person sees the output as it comes. */
  readonly isTerminal = process.stdout.isTTY === true;
  /** Whether a person can be asked. */
  readonly canAsk = process.stdin.isTTY === true && process.stderr.isTTY === true;
  /** https://no-color.org: set and not empty. */
  readonly colour = this.isTerminal && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';

  get width(): number {
    return process.stdout.columns || Number(process.env['COLUMNS']) || limits.plainWidth;
  }

  /** Lines of the terminal. */
  get height(): number {
    return process.stdout.rows || Infinity;
  }

  out(text: string): void {
    process.stdout.write(text);
  }

  err(text: string): void {
    process.stderr.write(text);
  }

  /** Aborted by the first Ctrl-C, which then does not end the program; the next one does. */
  interrupted(): { readonly signal: AbortSignal } {
    const aborting = new AbortController();
    // Listeners that stay: log-update's own ends the program as soon as nobody else listens.
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.on(name, () => {
        if (aborting.signal.aborted) process.exit(128 + constants.signals[name]);
        aborting.abort();
      });
    }
    return { signal: aborting.signal };
  }
}
