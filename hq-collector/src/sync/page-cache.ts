import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Pool } from '../db/database.js';
import { Places } from './places.js';
import { rangeAfter, readPage, type Page, type PageRange } from './pull-page.js';

/** Pages held for stores that come for the same; their compressed bodies add about a seventh. */
const maxHeldBytes = 64 * 1024 * 1024;
/** What an empty page counts: its key and its promises. */
const emptyPageBytes = 1_024;
/** An older page would bring too much that has changed since, and would be sent again. */
const maxAgeMs = 30_000;
/** Pages read at once: more would keep heartbeats waiting for a connection. */
const maxReads = 4;
/** Stores at once whose next pages are read before they ask. */
const maxReadsAhead = 2;
/** How many pages for each: one is read while the other is recorded and sent; 0.80 of COPY's speed instead of 0.75. */
const maxPagesAhead = 2;
/** The fastest: 8 ms for 1.1 MB of products, which become 150 KB. */
const gzipLevel = 1;

const compress = promisify(gzip);

/** A page with its compressed body, made when the first store asks for that. */
export class SharedPage {
  private gzipped: Promise<Buffer> | undefined;

  constructor(readonly page: Page) {}

  gzip(): Promise<Buffer> {
    return (this.gzipped ??= compress(Buffer.concat(this.page.body.pieces), { level: gzipLevel }));
  }
}

interface Entry {
  readonly range: PageRange;
  readonly shared: Promise<SharedPage>;
  readonly readAtMs: number;
  bytes: number;
}

/**
 * Pages that were read lately, for the next store that comes for the same: a hundred stores that read everything cost
 * one reading of the database. A page held may be older than the newest change: that change has a position beyond the
 * page and reaches the store with a later one.
 */
export class PageCache {
  /** In the order of their use. */
  private readonly entries = new Map<string, Entry>();
  private heldBytes = 0;
  private readsAhead = 0;
  private readonly reads = new Places(maxReads);

  constructor(private readonly pool: Pool) {}

  async page(range: PageRange): Promise<SharedPage> {
    const key = keyOf(range);
    const held = this.entries.get(key);
    const shared = await held?.shared.catch(() => undefined);
    if (held && shared && fits(shared.page, held, range)) {
      if (this.entries.get(key) === held) {
        this.entries.delete(key);
        this.entries.set(key, held);
      }
      return shared;
    }
    return this.read(key, range);
  }

  /** Reads what will be asked for after this page, while the store takes it. */
  readAhead(range: PageRange, { page }: SharedPage, compressed: boolean): void {
    if (this.readsAhead >= maxReadsAhead) return;
    this.readsAhead += 1;
    this.readOn(range, page, compressed)
      // Who asks for it reads it again, and is told.
      .catch(() => undefined)
      .finally(() => (this.readsAhead -= 1));
  }

  private async readOn(range: PageRange, page: Page, compressed: boolean): Promise<void> {
    for (let ahead = 0; ahead < maxPagesAhead && page.left && page.records > 0; ahead += 1) {
      range = rangeAfter(range, page);
      const shared = await this.page(range);
      if (compressed) void shared.gzip().catch(() => undefined);
      ({ page } = shared);
    }
  }

  private read(key: string, range: PageRange): Promise<SharedPage> {
    const shared = this.readInTurn(range);
    const entry: Entry = { range, shared, readAtMs: performance.now(), bytes: emptyPageBytes };
    this.drop(key);
    this.entries.set(key, entry);
    this.heldBytes += entry.bytes;
    shared.then(
      ({ page }) => this.weigh(key, entry, page.body.bytes),
      () => this.entries.get(key) === entry && this.drop(key),
    );
    return shared;
  }

  private async readInTurn(range: PageRange): Promise<SharedPage> {
    await this.reads.take();
    try {
      return new SharedPage(await readPage(this.pool, range));
    } finally {
      this.reads.give();
    }
  }

  private weigh(key: string, entry: Entry, bodyBytes: number): void {
    if (this.entries.get(key) !== entry) return;
    entry.bytes += bodyBytes;
    this.heldBytes += bodyBytes;
    for (const oldest of this.entries.keys()) {
      if (this.heldBytes <= maxHeldBytes) return;
      this.drop(oldest);
    }
  }

  private drop(key: string): void {
    this.heldBytes -= this.entries.get(key)?.bytes ?? 0;
    this.entries.delete(key);
  }
}

function keyOf({ entity, sets, memberSets, maxRecords }: PageRange): string {
  return JSON.stringify([
    entity,
    maxRecords,
    sets.map(({ storeSet, after }) => [storeSet, after]),
    memberSets,
  ]);
}

function fits(page: Page, { range: made, readAtMs }: Entry, asked: PageRange): boolean {
  if (performance.now() - readAtMs > maxAgeMs) return false;
  // A page that was cut is the same whatever lies beyond it.
  if (page.left ? page.end > asked.upTo : made.upTo !== asked.upTo) return false;
  // It leaves out no delete that this store must have, and was read after those that this store need not have.
  return (
    (made.deletesAfter <= asked.deletesAfter || page.end <= asked.deletesAfter) &&
    page.head >= asked.deletesAfter
  );
}
