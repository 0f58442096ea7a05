import { LoopSlice } from '../metrics/loop-slice.js';
import type { Html } from './html.js';

/** A part of a page that is sent anew when what it shows has changed. */
interface Piece {
  /** What it was rendered from; another text means another picture. */
  readonly source: string;
  readonly html: string;
  /** Of the document, when this picture was made. */
  readonly version: number;
}

/** What a page that has an earlier version lacks. `whole`: it drops every piece that is not here. */
export interface Difference {
  readonly version: number;
  readonly whole: boolean;
  readonly pieces: readonly (readonly [key: string, html: string])[];
}

/**
 * The pieces of one page by their keys, and since which version each is as it is. Only pieces whose source has changed
 * are rendered again: of 10,000 stores, those few that something happened to.
 */
export class LiveDocument {
  readonly #pieces = new Map<string, Piece>();
  #version = 0;
  #removedIn = 0;

  constructor(private readonly render: (key: string, source: string) => Html) {}

  get version(): number {
    return this.#version;
  }

  /** The markup of a piece; empty when there is none. */
  html(key: string): string {
    return this.#pieces.get(key)?.html ?? '';
  }

  keys(): IterableIterator<string> {
    return this.#pieces.keys();
  }

  /** Takes all pieces as they are now; gives way to the event loop in between. */
  async update(sources: ReadonlyMap<string, string>): Promise<void> {
    const version = this.#version + 1;
    const slice = new LoopSlice();
    const rendered: [string, Piece][] = [];
    for (const [key, source] of sources) {
      if (this.#pieces.get(key)?.source === source) continue;
      rendered.push([key, { source, html: this.render(key, source).toString(), version }]);
      if (slice.isOver()) await slice.next();
    }
    // At once, so that nobody sees half an update.
    for (const [key, piece] of rendered) this.#pieces.set(key, piece);
    let changed = rendered.length > 0;
    for (const key of this.#pieces.keys()) {
      if (sources.has(key)) continue;
      this.#pieces.delete(key);
      this.#removedIn = version;
      changed = true;
    }
    if (changed) this.#version = version;
  }

  /** @param since a version, or undefined for a page that has nothing of this process. */
  since(since: number | undefined): Difference {
    const whole = since === undefined || since < this.#removedIn || since > this.#version;
    const pieces: [string, string][] = [];
    if (whole || since !== this.#version)
      for (const [key, piece] of this.#pieces)
        if (whole || piece.version > since) pieces.push([key, piece.html]);
    return { version: this.#version, whole, pieces };
  }
}
