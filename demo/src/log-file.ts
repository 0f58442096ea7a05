import { closeSync, copyFileSync, openSync, readSync, statSync, truncateSync } from 'node:fs';

/** A child's log and the one before it together stay under about twice this. */
const maxLogBytes = 5 * 1024 * 1024;
const checkIntervalMs = 10_000;
const tailBytes = 8 * 1024;

/**
 * The log of a child process, which writes to it by itself, so that it can do so after its starter was killed.
 * Appending writers go on at the new end of a truncated file.
 */
export class LogFile {
  private readonly timer: NodeJS.Timeout;

  constructor(readonly path: string) {
    this.bound();
    this.timer = setInterval(() => this.bound(), checkIntervalMs);
    this.timer.unref();
  }

  /** A descriptor for the child; the caller closes it. */
  open(): number {
    return openSync(this.path, 'a', 0o600);
  }

  sizeBytes(): number {
    return statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** What is no log line in what was written after `offsetBytes`: the last sentence of a child that gave up. */
  lastWords(offsetBytes: number): string {
    const size = this.sizeBytes();
    const from = Math.max(offsetBytes > size ? 0 : offsetBytes, size - tailBytes);
    const buffer = Buffer.alloc(size - from);
    const descriptor = openSync(this.path, 'r');
    try {
      readSync(descriptor, buffer, 0, buffer.length, from);
    } finally {
      closeSync(descriptor);
    }
    const lines = buffer.toString('utf8').split('\n');
    return lines
      .filter((line) => line !== '' && !line.startsWith('{'))
      .slice(0, 3)
      .join('\n');
  }

  close(): void {
    clearInterval(this.timer);
  }

  private bound(): void {
    try {
      if (this.sizeBytes() <= maxLogBytes) return;
      copyFileSync(this.path, `${this.path}.1`);
      truncateSync(this.path);
    } catch {
      // A full disk: the next check tries again.
    }
  }
}
