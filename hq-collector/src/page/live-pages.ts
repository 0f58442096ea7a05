import { randomUUID } from 'node:crypto';
import type { Response } from 'express';
import { openSessions } from '../admin/page-session.js';
import type { Pool } from '../db/database.js';
import { openReader, type Reader } from '../metrics/fleet-reader.js';
import { LoopSlice } from '../metrics/loop-slice.js';
import { nextRun } from '../metrics/next-run.js';
import { changeMessage, troubleMessage } from './event-message.js';
import { EventStream } from './event-stream.js';
import { LiveDocument } from './live-document.js';
import { readFleet, renderFleetPiece } from './fleet-pieces.js';
import { readStores, renderStorePiece } from './store-pieces.js';

/** Event streams open at once; each may hold one message of its own. The next viewer gets 503. */
export const maxStreams = 100;
/** Of them, of one login: nobody shuts the others out. */
export const maxStreamsOfLogin = 20;
/** From the start of one reading to the start of the next, while somebody looks. */
export const readIntervalMs = 1_000;
/** What was read as lately is not read again; a timer may be early. */
const freshMs = readIntervalMs - 50;
/** A reading that took long is followed by a rest twice as long, at most this: the page never takes over the database. */
const maxRestMs = 5_000;
/** A reading that takes longer has failed. */
export const readLimitMs = 5_000;
/** What nobody looks at is forgotten after this. */
const keepMs = 60_000;

/** The list of stores; every other subject is a store's id, which is never empty. */
export const fleetSubject = '';

/** A page, as it was at `asOf` by the clock of Postgres (ISO 8601). */
export interface Subject {
  readonly document: LiveDocument;
  asOf: string | null;
  /** Monotonic; when the reading that brought it began. */
  readAtMs: number;
}

export interface PageSettings {
  /** A running resync without progress for this long is shown as stalled. */
  readonly resyncStallMs: number;
}

export interface LivePagesEvents {
  failed(error: unknown): void;
  streamRefused(): void;
  viewerTooSlow(): void;
}

/**
 * One reader for all viewers. While a stream is open, everything that somebody looks at is read in one go, once a
 * second at most, and each stream gets what has changed; with no stream nothing is read but what a page needs that is
 * being opened, and that not again within the second. A failed reading is told to all; the next one begins afresh.
 */
export class LivePages {
  /** Of this process: a version of another one means nothing here. */
  readonly run = randomUUID();
  readonly #subjects = new Map<string, Subject>();
  readonly #streams = new Map<EventStream, string>();
  /** Subjects that a page which is being opened waits for. */
  readonly #asked = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  #failing = false;
  #closed = false;

  constructor(
    private readonly pool: Pool,
    private readonly settings: PageSettings,
    private readonly on: LivePagesEvents,
  ) {}

  get streams(): number {
    return this.#streams.size;
  }

  /** Whether the newest reading failed: what the documents say is no proof of anything then. */
  get failing(): boolean {
    return this.#failing;
  }

  /** The subject, read within the last second unless the reading fails (see `failing`). Never rejects. */
  async current(name: string): Promise<Subject> {
    const known = this.#subjects.get(name);
    if (known && !this.#failing && performance.now() - known.readAtMs < freshMs) return known;
    this.#asked.add(name);
    await this.#read();
    return this.#subjects.get(name) ?? newSubject(name);
  }

  /**
   * Takes the response over for a stream.
   * @param seen `run:version` of the page that the viewer has.
   * @param session of the viewer's login, where there is one: the stream ends with it.
   * @returns why not, in words for a person, the response being untouched then.
   */
  open(
    name: string,
    seen: string | undefined,
    response: Response,
    session: string | undefined,
  ): string | undefined {
    if (this.#closed) return 'This HQ process is shutting down.';
    if (this.#streams.size >= maxStreams) {
      this.on.streamRefused();
      return `${maxStreams} pages are open already: close one.`;
    }
    if (session !== undefined && this.#streamsOf(session) >= maxStreamsOfLogin) {
      this.on.streamRefused();
      return `${maxStreamsOfLogin} pages are open with this login already: close one.`;
    }
    const [run, version] = seen?.split(':') ?? [];
    const stream = new EventStream(response, run === this.run ? Number(version) : undefined, session);
    this.#streams.set(stream, name);
    response.once('close', () => this.#streams.delete(stream));
    this.#schedule(0);
    return undefined;
  }

  /** Ends every stream at once and takes no more. */
  endStreams(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const stream of this.#streams.keys()) stream.end();
    this.#streams.clear();
  }

  /** Resolves when nothing is read any more. */
  async close(): Promise<void> {
    this.endStreams();
    await this.#reading;
  }

  #streamsOf(session: string): number {
    return [...this.#streams.keys()].filter((stream) => stream.session === session).length;
  }

  #schedule(afterMs: number): void {
    if (this.#timer !== undefined || this.#closed) return;
    const lastReadAt = Math.max(-Infinity, ...[...this.#subjects.values()].map(({ readAtMs }) => readAtMs));
    const rest = Math.max(afterMs, lastReadAt + readIntervalMs - performance.now());
    this.#timer = setTimeout(() => void this.#turn(), Math.max(0, rest));
  }

  async #turn(): Promise<void> {
    const startedMs = performance.now();
    await this.#read();
    this.#timer = undefined;
    const tookMs = performance.now() - startedMs;
    if (this.#streams.size > 0)
      this.#schedule(Math.max(readIntervalMs - tookMs, Math.min(2 * tookMs, maxRestMs)));
  }

  /** Reads all that is looked at or asked for, then tells the streams. Never rejects. */
  readonly #read = nextRun(() => (this.#reading = this.#readOnce()));

  async #readOnce(): Promise<void> {
    if (this.#closed) return;
    const wanted = new Set([...this.#streams.values(), ...this.#asked]);
    this.#asked.clear();
    for (const name of wanted) {
      const known = this.#subjects.get(name);
      if (known && !this.#failing && performance.now() - known.readAtMs < freshMs) wanted.delete(name);
    }
    if (wanted.size === 0) return await this.#tell();
    try {
      await this.#readSubjects(wanted);
      this.#failing = false;
    } catch (error) {
      this.#failing = true;
      this.on.failed(error);
    }
    await this.#tell();
  }

  async #readSubjects(wanted: ReadonlySet<string>): Promise<void> {
    const readAtMs = performance.now();
    const sessions = new Set([...this.#streams.keys()].flatMap(({ session }) => session ?? []));
    const { asOf, ended, sources } = await readAll(this.pool, wanted, sessions, this.settings);
    for (const stream of this.#streams.keys()) {
      if (stream.session === undefined || !ended.has(stream.session)) continue;
      stream.logOut();
      this.#streams.delete(stream);
    }
    const looked = new Set(this.#streams.values());
    for (const [name, pieces] of sources) {
      const known = this.#subjects.get(name);
      // Whoever asks for stores that are not there must not fill the memory.
      if (!known && pieces.get('header') === 'null' && !looked.has(name)) continue;
      const subject = known ?? newSubject(name);
      await subject.document.update(pieces);
      Object.assign(subject, { asOf, readAtMs });
      this.#subjects.set(name, subject);
    }
    for (const [name, { readAtMs: at }] of this.#subjects)
      if (!looked.has(name) && readAtMs - at > keepMs) this.#subjects.delete(name);
  }

  #changeSince(since: number | undefined, { document, asOf }: Subject, slice: LoopSlice): Promise<Buffer[]> {
    const { pieces, ...difference } = document.since(since);
    return changeMessage({ asOf, run: this.run, ...difference }, pieces, slice);
  }

  async #tell(): Promise<void> {
    const nowMs = performance.now();
    const slice = new LoopSlice();
    /** Viewers of one subject mostly have the same version, and share the message. */
    const messages = new Map<string, Buffer[]>();
    for (const [stream, name] of this.#streams) {
      if (slice.isOver()) await slice.next();
      if (!stream.ready(nowMs)) {
        if (stream.isTooSlow(nowMs)) {
          this.on.viewerTooSlow();
          stream.cut();
        }
        continue;
      }
      if (this.#failing) {
        stream.send(troubleMessage(databaseTrouble));
        continue;
      }
      const subject = this.#subjects.get(name);
      // It came while the others were read: its turn is the next.
      if (subject === undefined) continue;
      const key = `${stream.version} ${name}`;
      const message = messages.get(key) ?? (await this.#changeSince(stream.version, subject, slice));
      messages.set(key, message);
      stream.send(message);
      stream.version = subject.document.version;
    }
  }
}

export const databaseTrouble = 'PostgreSQL does not answer HQ. Nothing here is proven until it does.';

function newSubject(name: string): Subject {
  const render = name === fleetSubject ? renderFleetPiece : renderStorePiece;
  return { document: new LiveDocument(render), asOf: null, readAtMs: -Infinity };
}

/** All of it over one connection. Rejects with what Postgres or the pool says, or when `readLimitMs` have passed. */
async function readAll(
  pool: Pool,
  names: ReadonlySet<string>,
  sessions: ReadonlySet<string>,
  { resyncStallMs }: PageSettings,
) {
  const reader = await openReader(pool, readLimitMs);
  try {
    // Before the rest: a page may be newer than it says, never older.
    const [clock] = await reader.rows<{ now: Date }>('select clock_timestamp() as now', []);
    const ended = await readEnded(reader, sessions);
    const sources = new Map<string, ReadonlyMap<string, string>>();
    if (names.has(fleetSubject)) sources.set(fleetSubject, await readFleet(reader));
    const storeIds = [...names].filter((name) => name !== fleetSubject);
    for (const [storeId, pieces] of await readStores(reader, storeIds, resyncStallMs))
      sources.set(storeId, pieces);
    reader.release();
    return { asOf: clock!.now.toISOString(), ended, sources };
  } catch (error) {
    reader.destroy();
    throw error;
  }
}

/** Those of the logins that let nobody in any more: ended, expired, or their admin token is. */
async function readEnded(reader: Reader, sessions: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  if (sessions.size === 0) return sessions;
  const hashes = [...sessions].map((session) => Buffer.from(session, 'hex'));
  const ended = new Set(sessions);
  for (const { session } of await reader.rows<{ session: string }>(openSessions, [hashes]))
    ended.delete(session);
  return ended;
}
