import type { Direction } from '@hq-sync/protocol/entity';
import type { ErrorCode } from '@hq-sync/protocol/error-code';
import { limits } from '@hq-sync/protocol/limits';
import type { Report } from '@hq-sync/protocol/store-message';
import type Database from 'libsql';
import { randomUUID } from 'node:crypto';
import { agentLimits } from './limits.js';

interface ReportRow {
  report_id: string;
  code: ErrorCode;
  entity: string;
  direction: Direction;
  at: string;
  attempts: number;
  record_id: string | null;
  message: string;
}

export interface Happening {
  code: ErrorCode;
  entity: string;
  direction: Direction;
  recordId?: string;
  message: string;
}

/**
 * What HQ cannot see by itself, on disk until HQ has said `report_received`.
 *
 * What happens again before its report was sent is added to it (`attempts`). A report that has been sent is never
 * changed: HQ may hold it already and knows it by its id, so what happens after that starts a new one.
 */
export class Reports {
  /** When each was last sent on this connection, by `performance.now()`. */
  private readonly sentAtMs = new Map<string, number>();
  private readonly upsert: Database.Statement;
  private readonly markSent: Database.Statement;
  private readonly remove: Database.Statement;
  private readonly trim: Database.Statement;
  private readonly selectAll: Database.Statement;

  constructor(
    db: Database.Database,
    private readonly clock: () => Date,
  ) {
    this.upsert = db.prepare(`
      INSERT INTO reports (report_id, code, entity, direction, at, attempts, record_id, message) VALUES (?, ?, ?, ?, ?, 1, ?, ?)
      ON CONFLICT (code, entity, direction) WHERE sent = 0 DO UPDATE SET at = excluded.at, attempts = min(attempts + 1, 2147483647),
        record_id = excluded.record_id, message = excluded.message`);
    this.markSent = db.prepare('UPDATE reports SET sent = 1 WHERE report_id = ? AND sent = 0');
    this.remove = db.prepare('DELETE FROM reports WHERE report_id = ?');
    this.trim = db.prepare(`
      DELETE FROM reports WHERE report_id IN (
        SELECT report_id FROM reports ORDER BY at DESC, report_id LIMIT -1 OFFSET ?)`);
    this.selectAll = db.prepare('SELECT * FROM reports ORDER BY at, report_id LIMIT ?');
  }

  add(happening: Happening): void {
    const message = happening.message.replace(/[\u0000-\u001f\u007f]/g, ' ').toWellFormed(); // eslint-disable-line no-control-regex
    this.upsert.run(
      randomUUID(),
      happening.code,
      happening.entity,
      happening.direction,
      this.clock().toISOString(),
      happening.recordId ?? null,
      message.slice(0, limits.maxTextChars).toWellFormed() || happening.code,
    );
    this.trim.run(agentLimits.maxReports);
  }

  /** Reports to send now, oldest first; each comes again after `reportRepeatMs` unless it was received. */
  takeDue(): Report[] {
    const nowMs = performance.now();
    const isDue = (row: ReportRow): boolean =>
      nowMs - (this.sentAtMs.get(row.report_id) ?? -Infinity) >= agentLimits.reportRepeatMs;
    const due = (this.selectAll.all(agentLimits.maxReports) as ReportRow[])
      .filter(isDue)
      .slice(0, agentLimits.maxReportsPerTurn);
    for (const row of due) {
      this.markSent.run(row.report_id);
      this.sentAtMs.set(row.report_id, nowMs);
    }
    return due.map(reportOf);
  }

  received(reportId: string): void {
    this.remove.run(reportId);
    this.sentAtMs.delete(reportId);
  }

  /** A new connection: what was sent on the old one may never have arrived. */
  sendAllAgain(): void {
    this.sentAtMs.clear();
  }
}

function reportOf(row: ReportRow): Report {
  return {
    type: 'report',
    reportId: row.report_id,
    code: row.code,
    entity: row.entity,
    direction: row.direction,
    at: row.at,
    attempts: row.attempts,
    ...(row.record_id === null ? {} : { recordId: row.record_id }),
    message: row.message,
  };
}
