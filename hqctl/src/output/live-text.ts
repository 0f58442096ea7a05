import { createLogUpdate } from 'log-update';
import type { Terminal } from '../terminal.js';

/** A text that is drawn in place on a terminal; elsewhere each one that differs from the last is a line. */
export class LiveText {
  private readonly update: ReturnType<typeof createLogUpdate> | undefined;
  private last = '';

  constructor(
    private readonly terminal: Terminal,
    private readonly stream: 'out' | 'err' = 'out',
  ) {
    const to = stream === 'out' ? process.stdout : process.stderr;
    if (to.isTTY) this.update = createLogUpdate(to);
  }

  show(text: string): void {
    if (this.update) return this.update(this.cut(text));
    if (text !== this.last) this.terminal[this.stream](`${text}\n`);
    this.last = text;
  }

  /** Leaves the last one. */
  end(): void {
    this.update?.done();
  }

  /** A picture higher than the terminal could not be drawn over: its last line stays, and what does not fit goes. */
  private cut(text: string): string {
    const lines = text.split('\n');
    const room = this.terminal.height - 1;
    if (lines.length <= room) return text;
    const hidden = lines.length - room + 1;
    return [...lines.slice(0, room - 2), `… ${hidden} lines more`, lines.at(-1)].join('\n');
  }
}
