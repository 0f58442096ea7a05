import { chown, copyFile, open, stat, truncate } from 'node:fs/promises';
import type { Place } from './place.js';

const LOG_LIMIT_BYTES = 16 * 1024 * 1024;
const CHECK_EVERY_MS = 60_000;
const TAIL_LIMIT_BYTES = 4 * 1024;

/**
 * Makes the server's log, mode 0600, and keeps it below about 16 MiB while this process lives, plus one older part
 * (`.old`) of the same size. It is emptied in place: the server keeps it open for appending. Returns how to end it.
 */
export async function keepLogSmall(place: Place): Promise<() => void> {
  const handle = await open(place.logFile, 'a', 0o600);
  await handle.close();
  if (place.user !== undefined) await chown(place.logFile, place.user.uid, place.user.gid);
  await shorten(place.logFile);
  const timer = setInterval(() => void shorten(place.logFile).catch(() => undefined), CHECK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

async function shorten(file: string): Promise<void> {
  if ((await stat(file)).size < LOG_LIMIT_BYTES) return;
  await copyFile(file, `${file}.old`);
  await truncate(file);
}

export async function logSize(file: string): Promise<number> {
  return (await stat(file)).size;
}

/** What was written after `from` (bytes), at most its last 4 KiB. */
export async function logTail(file: string, from: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const start = Math.max(from, size - TAIL_LIMIT_BYTES, 0);
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(TAIL_LIMIT_BYTES),
      0,
      TAIL_LIMIT_BYTES,
      start,
    );
    return buffer.toString('utf8', 0, bytesRead).trim();
  } finally {
    await handle.close();
  }
}
