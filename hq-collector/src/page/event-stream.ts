import type { Response } from 'express';
import { loggedOutMessage } from './event-message.js';

/** A viewer that has not taken what it was sent for this long is cut; its page says so and asks again. */
export const maxBehindMs = 15_000;

/**
 * One viewer's server-sent events. It is never given more than one message ahead of what it has taken: while it is
 * behind it is passed over, and what it missed is in the next difference. So a slow viewer holds one message.
 */
export class EventStream {
  #behindSince: number | undefined;

  constructor(
    private readonly response: Response,
    /** What the viewer's page shows: a version of the document, undefined when it is of another process. */
    public version: number | undefined,
    /** The login it came in with, by the hash of its secret in hexadecimal; undefined where there is no login. */
    readonly session: string | undefined,
  ) {
    response.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    // A line for the browser: ask again after a second. And the head goes out now.
    response.write('retry: 1000\n\n');
  }

  /** Whether it has taken all that it was sent. */
  ready(nowMs: number): boolean {
    if (this.response.writableLength === 0) {
      this.#behindSince = undefined;
      return true;
    }
    this.#behindSince ??= nowMs;
    return false;
  }

  /** Whether it has been behind for longer than a viewer may. */
  isTooSlow(nowMs: number): boolean {
    return this.#behindSince !== undefined && nowMs - this.#behindSince > maxBehindMs;
  }

  /** Nothing is sent to a viewer that went while the message was made. */
  send(message: readonly Buffer[]): void {
    if (this.response.writableEnded || this.response.destroyed) return;
    this.response.cork();
    for (const buffer of message) this.response.write(buffer);
    this.response.uncork();
  }

  /** Says that the login is over, for the page to ask for a new one. */
  logOut(): void {
    if (this.response.writableLength > 0) return this.cut(); // it takes nothing, and would stay
    this.send(loggedOutMessage);
    this.end();
  }

  end(): void {
    this.response.end();
  }

  cut(): void {
    this.response.destroy();
  }
}
