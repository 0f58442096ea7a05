import type { RecordEnvelope } from '@hq-sync/protocol/record';
import { instantField } from '@hq-sync/protocol/record';
import type Database from 'libsql';
import { canonicalJson } from './canonical-json.js';
import { countableSale, type DayTotals } from './day-totals.js';
import { IntakeError } from './intake-error.js';
import { agentLimits } from './limits.js';
import type { DiskUse, QueueDatabase } from './queue-database.js';
import { isDiskFull } from './sqlite.js';
import type { StoreCalendar } from './store-calendar.js';
import type { StoreState } from './store-state.js';

export type EnqueueOutcome = 'queued' | 'duplicate';

export interface QueuedRecord {
  seq: number;
  recordId: string;
  revision: number;
  schemaVersion: number;
  /** JSON text, as it was queued. */
  data: string;
}

/** What became of a record at HQ. */
export interface Settlement {
  seq: number;
  state: 'acknowledged' | 'quarantined';
}

interface NewRecord extends RecordEnvelope {
  text: string;
  bytes: number;
}

/**
 * The records on their way to HQ, on disk. Each call is one transaction, durable when it returns, and blocks the
 * event loop for about as long as one fsync takes.
 */
export class OfflineQueue {
  private readonly db: Database.Database;
  private readonly pendingByEntity = new Map<string, number>();
  private withheldCount = 0;
  private readonly statements: ReturnType<typeof prepareStatements>;

  constructor(
    private readonly database: QueueDatabase,
    private readonly state: StoreState,
    private readonly calendar: StoreCalendar,
    private readonly totals: DayTotals,
    private readonly clock: () => Date,
  ) {
    this.db = database.db;
    this.statements = prepareStatements(this.db);
    this.recount();
    if (!calendar.known && state.get('dating') === null) state.set('dating', { after: this.newestSeq() });
  }

  /**
   * Queues records of one entity, all or none. A record is known by (entity, id, revision): the same content again is
   * a `duplicate`, whatever the order of its keys.
   *
   * @throws IntakeError `revision_conflict`, `record_invalid` (no JSON value), `queue_full`, `queue_unavailable`.
   */
  enqueue(entity: string, records: readonly RecordEnvelope[], schemaVersion: number): EnqueueOutcome[] {
    const added = new Map<string, NewRecord>();
    const outcomes = records.map((record): EnqueueOutcome => {
      const key = JSON.stringify([record.id, record.revision]);
      const text = jsonOf(record);
      const known = added.get(key)?.text ?? this.storedData(entity, record);
      if (known === undefined) {
        added.set(key, {
          ...record,
          text,
          bytes: Buffer.byteLength(recordLine(record.id, record.revision, text)),
        });
        return 'queued';
      }
      if (known !== text && canonicalText(known) !== canonicalText(text)) {
        throw new IntakeError(
          'revision_conflict',
          `${record.id} revision ${record.revision} is queued with other content`,
        );
      }
      return 'duplicate';
    });
    if (added.size > 0) this.insert(entity, [...added.values()], schemaVersion);
    return outcomes;
  }

  /** Entities with pending records, in the order of their names. */
  pendingEntities(): string[] {
    return [...this.pendingByEntity.keys()].filter((entity) => this.pending(entity) > 0).sort();
  }

  pending(entity: string): number {
    return this.pendingByEntity.get(entity) ?? 0;
  }

  get pendingRecords(): number {
    return [...this.pendingByEntity.values()].reduce((sum, count) => sum + count, 0);
  }

  get withheldRecords(): number {
    return this.withheldCount;
  }

  /** When the oldest pending record of an entity was queued, by the store's clock. */
  oldestPendingAt(entity: string): string | null {
    return (this.statements.oldest.get(entity) as { queued_at: string } | undefined)?.queued_at ?? null;
  }

  /** The first pending records of an entity, in order: at least one, then as many as the limits allow. */
  firstPending(entity: string, maxRecords: number, maxBytes: number): QueuedRecord[] {
    // measured by the index first: 500 records of the largest size would be 128 MiB
    const sizes = this.statements.sizes.all(entity, maxRecords) as { seq: number; bytes: number }[];
    let lastSeq = 0;
    let batchBytes = 0;
    for (const { seq, bytes } of sizes) {
      batchBytes += bytes + 1;
      if (lastSeq > 0 && batchBytes > maxBytes) break;
      lastSeq = seq;
    }
    return this.statements.first.all(entity, lastSeq) as QueuedRecord[];
  }

  /** HQ has answered: in one transaction, so that an answer counts wholly or, after a crash, is asked for again. */
  settle(entity: string, settlements: readonly Settlement[]): void {
    const nowMs = Date.now();
    const settleAll = (): number =>
      settlements.reduce(
        (sum, { seq, state }) => sum + this.statements.settle.run(state, nowMs, seq).changes,
        0,
      );
    let changed: number;
    try {
      changed = this.database.transaction(settleAll);
    } catch (error) {
      // the reserve is used up: what was settled before makes room
      if (!isDiskFull(error) || this.purgeSettled(agentLimits.maintenanceStepRows) === 0) throw error;
      changed = this.database.transaction(settleAll);
    }
    this.pendingByEntity.set(entity, this.pending(entity) - changed);
  }

  /** Keeps back a record that HQ cannot take for its size. `limitBytes` is the limit it was over. */
  withhold(entity: string, seq: number, limitBytes: number, alongside: () => void): void {
    const changed = this.database.transaction(() => {
      alongside();
      return this.statements.withhold.run(limitBytes, seq).changes;
    });
    this.pendingByEntity.set(entity, this.pending(entity) - changed);
    this.withheldCount += changed;
  }

  /**
   * Makes pending the withheld records that fit into `limitBytes`: those withheld under a lower limit, and with
   * `refusedToo` also those that HQ, or a proxy, refused although they fitted. Returns how many.
   */
  releaseWithheld(limitBytes: number, refusedToo: boolean): number {
    if (this.withheldCount === 0) return 0;
    const { changes } = this.statements.release.run(
      refusedToo ? Number.MAX_SAFE_INTEGER : limitBytes,
      limitBytes,
    );
    if (changes > 0) this.recount();
    return changes;
  }

  newestSeq(): number {
    return (this.statements.newest.get() as { seq: number | null }).seq ?? 0;
  }

  /**
   * Makes settled records pending again: some of those with `seq` in (after, end]. Returns the last it looked at, or
   * null when there were none.
   */
  pushAgain(after: number, end: number, maxRows: number): number | null {
    const rows = this.statements.settledRange.all(after, end, maxRows) as { seq: number; entity: string }[];
    for (const { seq, entity } of rows) {
      this.statements.unsettle.run(seq);
      this.pendingByEntity.set(entity, this.pending(entity) + 1);
    }
    return rows.at(-1)?.seq ?? null;
  }

  /** Gives some records after `after` the business date that they lack. Returns the last it looked at, or null. */
  dateSome(after: number, maxRows: number): number | null {
    const rows = this.statements.walk.all(after, maxRows) as { seq: number; entity: string; data: string }[];
    for (const { seq, entity, data } of rows) {
      const date = this.calendar.dateOf(recordInstantMs(entity, JSON.parse(data) as Record<string, unknown>));
      if (date !== null) this.statements.date.run(date, seq);
    }
    return rows.at(-1)?.seq ?? null;
  }

  diskUse(): DiskUse {
    return this.database.diskUse();
  }

  /** Deletes the oldest settled records, some at a time; of any age, or settled before `beforeMs`. Returns how many. */
  purgeSettled(maxRows: number, beforeMs = Number.MAX_SAFE_INTEGER): number {
    return this.statements.purge.run(beforeMs, maxRows).changes;
  }

  /** Counts in memory follow each commit; this reads them afresh after a change of many rows. */
  recount(): void {
    const rows = this.statements.countPending.all() as { entity: string; pending: number }[];
    this.pendingByEntity.clear();
    for (const { entity, pending } of rows) this.pendingByEntity.set(entity, pending);
    this.withheldCount = (this.statements.countWithheld.get() as { withheld: number }).withheld;
  }

  private storedData(entity: string, record: RecordEnvelope): string | undefined {
    return (this.statements.data.get(entity, record.id, record.revision) as { data: string } | undefined)
      ?.data;
  }

  private insert(entity: string, records: readonly NewRecord[], schemaVersion: number): void {
    this.makeRoom(records.reduce((sum, { bytes }) => sum + bytes + agentLimits.rowOverheadBytes, 0));
    const queuedAt = this.clock().toISOString();
    try {
      this.database.transaction(() => {
        for (const record of records) this.insertOne(entity, record, schemaVersion, queuedAt);
      });
    } catch (error) {
      const code = isDiskFull(error) ? 'queue_full' : 'queue_unavailable';
      throw new IntakeError(code, (error as Error).message, [], { cause: error });
    }
    this.pendingByEntity.set(entity, this.pending(entity) + records.length);
  }

  private insertOne(entity: string, record: NewRecord, schemaVersion: number, queuedAt: string): void {
    const { id, revision, data, text, bytes } = record;
    const date = this.calendar.dateOf(recordInstantMs(entity, data));
    this.statements.insert.run(entity, id, revision, schemaVersion, text, bytes, queuedAt, date);
    const sale = entity === 'sales' ? countableSale(data, schemaVersion) : null;
    if (sale === null) return;
    this.totals.count(id, revision, sale);
    if (sale.kind !== 'sale' || sale.status !== 'completed') return;
    // HQ will quarantine it; as the last sale it would hide all that follow
    if (Date.parse(sale.completedAt) > this.clock().getTime() + agentLimits.maxFutureMs) return;
    const lastSaleAt = this.state.get('lastSaleAt');
    if (lastSaleAt === null || Date.parse(sale.completedAt) > Date.parse(lastSaleAt)) {
      this.state.set('lastSaleAt', sale.completedAt);
    }
  }

  /** @throws IntakeError `queue_full` when even purging what HQ has taken does not make room. */
  private makeRoom(neededBytes: number): void {
    for (let step = 0; ; step += 1) {
      const { usedBytes, limitBytes } = this.database.diskUse();
      if (usedBytes + neededBytes <= limitBytes) return;
      const mayPurge = step < agentLimits.maxPurgeStepsPerIntake;
      if (!mayPurge || this.purgeSettled(agentLimits.maintenanceStepRows) === 0) {
        throw new IntakeError('queue_full', `the queue holds ${usedBytes} of ${limitBytes} bytes`);
      }
    }
  }
}

/** One line of a batch, without its newline. `data` is JSON text. */
export function recordLine(id: string, revision: number, data: string): string {
  return `{"id":${JSON.stringify(id)},"revision":${revision},"data":${data}}`;
}

/** The instant that fixes a record's business date, ms since 1970; NaN when it has none. */
export function recordInstantMs(entity: string, data: Record<string, unknown>): number {
  const value = data[instantField[entity] ?? ''];
  return typeof value === 'string' ? Date.parse(value) : NaN;
}

function jsonOf(record: RecordEnvelope): string {
  try {
    return JSON.stringify(record.data);
  } catch (error) {
    throw new IntakeError('record_invalid', `${record.id}: data is no JSON value`, [], { cause: error });
  }
}

function canonicalText(json: string): string {
  try {
    return canonicalJson(JSON.parse(json));
  } catch (error) {
    throw new IntakeError('record_invalid', 'data is nested too deep to be compared', [], { cause: error });
  }
}

function prepareStatements(db: Database.Database) {
  return {
    data: db.prepare('SELECT data FROM records WHERE entity = ? AND record_id = ? AND revision = ?'),
    insert: db.prepare(`
      INSERT INTO records (entity, record_id, revision, schema_version, data, bytes, queued_at, business_date)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`),
    oldest: db.prepare(`
      SELECT queued_at FROM records INDEXED BY records_pending WHERE entity = ? AND state = 'pending' ORDER BY seq LIMIT 1`),
    sizes: db.prepare(`
      SELECT seq, bytes FROM records INDEXED BY records_pending WHERE entity = ? AND state = 'pending' ORDER BY seq LIMIT ?`),
    first: db.prepare(`
      SELECT seq, record_id AS recordId, revision, schema_version AS schemaVersion, data
      FROM records INDEXED BY records_pending WHERE entity = ? AND state = 'pending' AND seq <= ? ORDER BY seq`),
    settle: db.prepare(`UPDATE records SET state = ?, settled_at = ? WHERE seq = ? AND state = 'pending'`),
    withhold: db.prepare(
      `UPDATE records SET state = 'withheld', withheld_at_bytes = ? WHERE seq = ? AND state = 'pending'`,
    ),
    release: db.prepare(`
      UPDATE records SET state = 'pending'
      WHERE state = 'withheld' AND withheld_at_bytes < ? AND bytes <= ?`),
    newest: db.prepare('SELECT max(seq) AS seq FROM records'),
    settledRange: db.prepare(`
      SELECT seq, entity FROM records
      WHERE seq > ? AND seq <= ? AND state IN ('acknowledged', 'quarantined') ORDER BY seq LIMIT ?`),
    unsettle: db.prepare(`UPDATE records SET state = 'pending', settled_at = NULL WHERE seq = ?`),
    walk: db.prepare('SELECT seq, entity, data FROM records WHERE seq > ? ORDER BY seq LIMIT ?'),
    date: db.prepare('UPDATE records SET business_date = ? WHERE seq = ? AND business_date IS NULL'),
    purge: db.prepare(`
      DELETE FROM records WHERE seq IN (
        SELECT seq FROM records INDEXED BY records_settled
        WHERE state IN ('acknowledged', 'quarantined') AND settled_at < ? ORDER BY settled_at, seq LIMIT ?)`),
    countPending: db.prepare(`
      SELECT entity, count(*) AS pending FROM records INDEXED BY records_pending WHERE state = 'pending' GROUP BY entity`),
    countWithheld: db.prepare(
      `SELECT count(*) AS withheld FROM records INDEXED BY records_withheld WHERE state = 'withheld'`,
    ),
  };
}
