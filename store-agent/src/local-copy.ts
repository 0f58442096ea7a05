import type { PageEnd } from '@hq-sync/protocol/pull';
import type Database from 'libsql';
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import { canonicalJson } from './canonical-json.js';
import { CopyDatabase } from './copy-database.js';
import { agentLimits } from './limits.js';
import type { ReadRecord } from './page-reader.js';
import { isCorrupt, isDiskFull } from './sqlite.js';

/** A record of HQ as the store holds it. */
export interface HqRecord {
  id: string;
  data: Record<string, unknown>;
}

/** How far the copy of one entity has come. Written in the transaction of the page that moved it. */
export interface CopyState {
  /** Of the last page applied; null: from the start. */
  cursor: string | null;
  /** Page that is applied and has to be confirmed. */
  confirm: string | null;
  /** Number of the reading from the start that is under way, or was the last. */
  scan: number;
  /** `sweeping`: everything has been read, what was not brought is being dropped. */
  phase: 'scanning' | 'sweeping' | 'following';
  /** The newest reading of which HQ knows that it is applied. */
  confirmedScan: number;
  records: number;
  lastPullAt: string | null;
}

interface StateRow {
  entity: string;
  cursor: string | null;
  confirm: string | null;
  scan: number;
  phase: CopyState['phase'];
  confirmed_scan: number;
  records: number;
  last_pull_at: string | null;
}

const atFirst: CopyState = {
  cursor: null,
  confirm: null,
  scan: 1,
  phase: 'scanning',
  confirmedScan: 0,
  records: 0,
  lastPullAt: null,
};

/** A record that the local database did not take. */
export interface Unstorable {
  id: string;
  message: string;
}

/**
 * The store's copy of what HQ has for it. Each call is one transaction: readers see whole pages. A page of 500
 * records blocks the event loop for about 20 ms.
 */
export class LocalCopy {
  readonly database: CopyDatabase;
  private statements!: ReturnType<typeof prepareStatements>;
  private readonly states = new Map<string, CopyState>();
  /** Raised with each change, so that a walk over the records knows whether it saw one copy or two. */
  private changes = 0;

  /** `onBeginAnew`: the file was broken, and everything has to be pulled again. */
  constructor(dataDir: string, maxBytes: number, log: Logger, onBeginAnew: () => void) {
    this.database = new CopyDatabase(dataDir, maxBytes, log, (db) => this.opened(db), onBeginAnew);
  }

  /** Reads the states, or begins anew with a file that is broken or gone. @throws Error when no file can be made. */
  open(): void {
    this.database.use(() => undefined);
  }

  /** As of the last commit; costs no query. */
  state(entity: string): CopyState {
    return this.states.get(entity) ?? atFirst;
  }

  /**
   * Applies one page that was asked for in the state `asked`. Returns false when the entity has been started over since,
   * and nothing was applied. Records of `keep` stay as they are, also through a sweep. What could not be stored is told before the commit, so that nothing goes unreported.
   *
   * @throws Error of SQLite, `SQLITE_FULL` at the bound; then nothing is applied.
   */
  apply(
    entity: string,
    asked: CopyState,
    records: readonly ReadRecord[],
    keep: readonly string[],
    end: PageEnd['page'],
    at: string,
    beforeCommit: (unstorable: readonly Unstorable[]) => void,
  ): boolean {
    let next: CopyState | null = null;
    this.database.transaction(() => {
      const now = this.state(entity);
      if (now.scan !== asked.scan || now.cursor !== asked.cursor) return;
      const { unstorable, growth } = this.store(entity, now.scan, records);
      for (const id of keep) this.statements.mark.run(now.scan, entity, id);
      const scanned = now.phase === 'scanning' && !end.scanning && !end.more;
      const phase = scanned ? 'sweeping' : now.phase;
      const isConfirmed = asked.phase === 'following' || (scanned && end.id === null);
      next = {
        cursor: end.cursor,
        confirm: end.id,
        scan: now.scan,
        phase,
        confirmedScan: isConfirmed ? now.scan : now.confirmedScan,
        records: now.records + growth,
        lastPullAt: at,
      };
      this.write(entity, next);
      beforeCommit(unstorable);
    });
    if (next === null) return false;
    this.states.set(entity, next);
    this.changes += 1;
    return true;
  }

  /** Throws the cursor away and keeps the records: the next page is the first of a new reading. */
  startOver(entities: readonly string[], alongside: () => void = () => undefined): void {
    const next = new Map<string, CopyState>();
    this.database.transaction(() => {
      for (const entity of entities) {
        const now = this.state(entity);
        next.set(entity, { ...now, cursor: null, scan: now.scan + 1, phase: 'scanning' });
      }
      for (const [entity, state] of next) this.write(entity, state);
      alongside();
    });
    for (const [entity, state] of next) this.states.set(entity, state);
  }

  /**
   * Takes a reading from the start back: the entities go on from these cursors, and nothing is dropped. One that was
   * being read from the start before as well goes on with that reading, whose marks are gone: it begins anew.
   */
  goBack(
    before: ReadonlyMap<string, { cursor: string | null; phase: CopyState['phase'] }>,
    alongside: () => void,
  ): void {
    const next = new Map<string, CopyState>();
    this.database.transaction(() => {
      for (const [entity, { cursor, phase }] of before) {
        const now = this.state(entity);
        const follows = phase === 'following' && cursor !== null;
        next.set(entity, {
          ...now,
          cursor: follows ? cursor : null,
          scan: now.scan + 1,
          phase: follows ? 'following' : 'scanning',
          confirmedScan: follows ? now.scan + 1 : now.confirmedScan,
        });
      }
      for (const [entity, state] of next) this.write(entity, state);
      alongside();
    });
    for (const [entity, state] of next) this.states.set(entity, state);
  }

  /**
   * Drops what the last reading from the start did not bring, in steps with the event loop free between them. A step
   * that was the last one before a crash is simply walked over again.
   */
  async sweep(entity: string, stopped: () => boolean): Promise<void> {
    let after = '';
    let kept = 0;
    while (!stopped()) {
      const { scan, phase } = this.state(entity);
      if (phase !== 'sweeping') return;
      const rows = this.database.use(
        () => this.statements.walk.all(entity, after, agentLimits.sweepStepRows) as { record_id: string }[],
      );
      const last = rows.at(-1);
      const next: CopyState = { ...this.state(entity), phase: 'following', records: kept };
      this.database.transaction(() => {
        if (last === undefined) return this.write(entity, next);
        const gone = this.statements.drop.run(entity, after, last.record_id, scan).changes;
        kept += rows.length - gone;
        if (gone > 0) this.changes += 1;
      });
      if (last === undefined) return void this.states.set(entity, next);
      after = last.record_id;
      await nextTurn();
    }
  }

  /** The record's data, or null. */
  read(entity: string, id: string): Record<string, unknown> | null {
    const row = this.database.use(() => this.statements.read.get(entity, id) as DataRow | undefined);
    return row === undefined ? null : (JSON.parse(row.data) as Record<string, unknown>);
  }

  /** The records in the order of their ids (as bytes), some at a time; what is applied meanwhile may be among them. */
  *pages(entity: string): Generator<{ id: string; data: string }[]> {
    for (let after = ''; ;) {
      const rows = this.database.use(
        () => this.statements.page.all(entity, after, agentLimits.readStepRows) as DataRow[],
      );
      const last = rows.at(-1);
      if (last === undefined) return;
      yield rows.map(({ record_id: id, data }) => ({ id, data }));
      after = last.record_id;
    }
  }

  *entries(entity: string): Generator<HqRecord> {
    for (const page of this.pages(entity)) {
      for (const { id, data } of page) yield { id, data: JSON.parse(data) as HqRecord['data'] };
    }
  }

  /**
   * SHA-256 in hex over a line `{"data":…,"id":…}` of canonical JSON and a newline for each record, in the order of
   * their ids as bytes. Begins again when a page was applied meanwhile.
   *
   * @throws Error when the copy changes faster than it can be read.
   */
  async hash(entity: string): Promise<string> {
    for (let attempt = 0; attempt < agentLimits.maxHashAttempts; attempt += 1) {
      const { changes } = this;
      const hash = createHash('sha256');
      for (const page of this.pages(entity)) {
        for (const { id, data } of page) hash.update(`${canonicalJson({ id, data: JSON.parse(data) })}\n`);
        await nextTurn();
      }
      if (changes === this.changes) return hash.digest('hex');
    }
    throw new Error(`the copy of ${entity} changes faster than it can be read`);
  }

  close(): void {
    this.database.close();
  }

  private opened(db: Database.Database): void {
    this.statements = prepareStatements(db);
    this.states.clear();
    this.changes += 1;
    for (const row of db.prepare('SELECT * FROM entities').all() as StateRow[]) {
      const { entity, cursor, confirm, scan, phase, records } = row;
      const state = { cursor, confirm, scan, phase, records };
      this.states.set(entity, {
        ...state,
        confirmedScan: row.confirmed_scan,
        lastPullAt: row.last_pull_at,
      });
    }
  }

  private write(entity: string, state: CopyState): void {
    const { cursor, confirm, scan, phase, confirmedScan, records, lastPullAt } = state;
    this.statements.write.run(
      entity,
      cursor,
      confirm,
      scan,
      phase,
      confirmedScan,
      Math.max(0, records),
      lastPullAt,
    );
  }

  private store(
    entity: string,
    scan: number,
    records: readonly ReadRecord[],
  ): { unstorable: Unstorable[]; growth: number } {
    const { insert, update, mark, remove } = this.statements;
    const unstorable: Unstorable[] = [];
    let growth = 0;
    for (const { id, data } of records) {
      if (data === null) {
        growth -= remove.run(entity, id).changes;
        continue;
      }
      try {
        if (update.run(scan, data, entity, id).changes > 0) continue;
        growth += insert.run(entity, id, scan, data).changes;
      } catch (error) {
        if (isDiskFull(error) || isCorrupt(error) || !isOfRecord(error)) throw error;
        unstorable.push({ id, message: (error as Error).message });
        // an older state is better than none: it must outlive the sweep
        mark.run(scan, entity, id);
      }
    }
    return { unstorable, growth };
  }
}

interface DataRow {
  record_id: string;
  data: string;
}

/** SQLite took the statement but not this value: a constraint, a trigger, a text too long. */
function isOfRecord(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code !== undefined && /^SQLITE_(CONSTRAINT|TOOBIG|MISMATCH)/.test(code);
}

function prepareStatements(db: Database.Database) {
  return {
    insert: db.prepare('INSERT INTO records (entity, record_id, scan, data) VALUES (?, ?, ?, ?)'),
    update: db.prepare('UPDATE records SET scan = ?, data = ? WHERE entity = ? AND record_id = ?'),
    mark: db.prepare('UPDATE records SET scan = ? WHERE entity = ? AND record_id = ?'),
    remove: db.prepare('DELETE FROM records WHERE entity = ? AND record_id = ?'),
    read: db.prepare('SELECT record_id, data FROM records WHERE entity = ? AND record_id = ?'),
    page: db.prepare(
      'SELECT record_id, data FROM records WHERE entity = ? AND record_id > ? ORDER BY record_id LIMIT ?',
    ),
    walk: db.prepare(
      'SELECT record_id FROM records WHERE entity = ? AND record_id > ? ORDER BY record_id LIMIT ?',
    ),
    drop: db.prepare(
      'DELETE FROM records WHERE entity = ? AND record_id > ? AND record_id <= ? AND scan <> ?',
    ),
    write: db.prepare('INSERT OR REPLACE INTO entities VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
  };
}
