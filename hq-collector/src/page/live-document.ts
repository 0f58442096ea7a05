import { LoopSlice } from '../metrics/loop-slice.js';
import { attributeIn, type Html } from './html.js';
import { mergeInSlices, sortInSlices } from './sort-in-slices.js';

/** A part of a page that is sent anew when what it shows has changed. */
export interface Piece {
  readonly key: string;
  /** What it was rendered from; another text means another picture. */
  readonly source: string;
  readonly html: string;
  /** Its place in a list, as the markup says it (`data-sort`); empty where it has a place of its own. */
  readonly sort: string;
  /** Of the document, when this picture was made. */
  readonly version: number;
}

/** What a page that has an earlier version lacks. `whole`: it drops every piece that is not here. */
export interface Difference {
  readonly version: number;
  readonly whole: boolean;
  readonly pieces: readonly Piece[];
}

/**
 * The pieces of one page by their keys, and since which version each is as it is. Only pieces whose source has changed
 * are rendered again: of 10,000 stores, those few that something happened to.
 */
export class LiveDocument {
  #pieces: ReadonlyMap<string, Piece> = new Map();
  #sorted: readonly Piece[] = [];
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

  /** Every piece, in the order of `sort`; the list never changes afterwards. */
  sorted(): readonly Piece[] {
    return this.#sorted;
  }

  /** Takes all pieces as they are now; gives way to the event loop in between. */
  async update(sources: ReadonlyMap<string, string>): Promise<void> {
    const version = this.#version + 1;
    const slice = new LoopSlice();
    const pieces = new Map<string, Piece>();
    const changed: Piece[] = [];
    for (const [key, source] of sources) {
      if (slice.isOver()) await slice.next();
      let piece = this.#pieces.get(key);
      if (piece?.source !== source) {
        const html = this.render(key, source).toString();
        piece = { key, source, html, sort: attributeIn(html, 'data-sort'), version };
        changed.push(piece);
      }
      pieces.set(key, piece);
    }
    const removed = this.#sorted.some(({ key }) => !pieces.has(key));
    if (changed.length === 0 && !removed) return;
    const kept = this.#sorted.filter((piece) => pieces.get(piece.key) === piece);
    const sorted = await mergeInSlices(kept, await sortInSlices(changed, before, slice), before, slice);

    // At once, so that nobody sees half an update.
    this.#pieces = pieces;
    this.#sorted = sorted;
    this.#version = version;
    if (removed) this.#removedIn = version;
  }

  /** @param since a version, or undefined for a page that has nothing of this process. */
  since(since: number | undefined): Difference {
    const whole = since === undefined || since < this.#removedIn || since > this.#version;
    const pieces =
      since === this.#version ? [] : this.#sorted.filter(({ version }) => whole || version > since);
    return { version: this.#version, whole, pieces };
  }
}

const before = (first: Piece, second: Piece) => first.sort < second.sort;
