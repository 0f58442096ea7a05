import { createHash, randomBytes } from 'node:crypto';
import type { StoreState } from './store-state.js';

/** SHA-256 of a token in hexadecimal: what HQ may know of it. */
export const hashOfToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** 256 random bits, in the form of HQ's own. */
export const newToken = (): string => `hqs_${randomBytes(32).toString('base64url')}`;

/**
 * Which token the store speaks with: the configured one, or the one that the store has made since on HQ's order. What
 * it makes is on disk before HQ hears of it, so that a process that dies at any moment still has a token that works.
 */
export class TokenKeeper {
  /** HQ rejects its own token: it may have been restored to a time before it, and knows the one before. */
  private fallenBack = false;

  constructor(
    private readonly state: StoreState,
    private configured: string,
    private readonly onOwn: (token: string) => void,
  ) {}

  /** For pushes and pulls; '' while there is none. */
  get current(): string {
    const own = this.state.get('ownToken');
    if (own?.after !== hashOfToken(this.configured)) return this.configured;
    return this.fallenBack ? own.before : own.token;
  }

  /** For the next connection: the new token, once HQ knows it. */
  get forConnection(): string {
    const next = this.state.get('nextToken');
    return next?.known ? next.token : this.current;
  }

  /** A person has given the store a token. @returns whether it is another one. */
  configure(token: string): boolean {
    if (token === this.configured) return false;
    this.configured = token;
    this.state.clear('nextToken');
    return true;
  }

  /** @returns the hash of the token made for this order, made only once; null when the order has been carried out. */
  prepare(commandId: string): string | null {
    if (this.state.get('rotatedBy') === commandId) return null;
    let next = this.state.get('nextToken');
    if (next?.commandId !== commandId) {
      next = { commandId, token: newToken(), known: false };
      this.state.set('nextToken', next);
    }
    return hashOfToken(next.token);
  }

  /** HQ takes the token made for this order. @returns false when that is no news. */
  known(commandId: string): boolean {
    const next = this.state.get('nextToken');
    if (next?.commandId !== commandId || next.known) return false;
    this.state.set('nextToken', { ...next, known: true });
    return true;
  }

  /** HQ has welcomed a connection with this token. */
  welcomed(token: string): void {
    const next = this.state.get('nextToken');
    if (next?.token !== token) return;
    this.state.set('ownToken', { after: hashOfToken(this.configured), token, before: this.current });
    this.fallenBack = false;
    this.state.set('rotatedBy', next.commandId);
    this.state.clear('nextToken');
    this.onOwn(token);
  }

  /**
   * HQ did not take this token: a new one has lapsed; for its own the one before is tried, in turn.
   * @returns whether there is another to try at once.
   */
  rejected(token: string): boolean {
    if (this.state.get('nextToken')?.token === token) {
      this.state.clear('nextToken');
      return true;
    }
    if (this.current === this.configured || token !== this.current) return false;
    this.fallenBack = !this.fallenBack;
    return this.fallenBack;
  }
}
