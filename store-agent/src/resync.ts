import { agentLimits } from './limits.js';
import type { CopyState, LocalCopy } from './local-copy.js';

/** A resync that is over; `message` is for people. */
export interface FinishedResync {
  commandId: string;
  message: string | null;
}

/**
 * HQ's orders to pull entities from the start, in the copy's own file: each entity starts over once for each order, in
 * the transaction that notes it, and goes on after a restart.
 */
export class Resyncs {
  constructor(private readonly copy: LocalCopy) {}

  /** Begins a new order. One that was begun before goes on; one that is over is returned. */
  order(commandId: string, entities: readonly string[], message: string | null): FinishedResync | null {
    const { database } = this.copy;
    const known = database.use(
      (db) =>
        db.prepare('SELECT message, done FROM resyncs WHERE command_id = ?').get(commandId) as
          { message: string | null; done: number } | undefined,
    );
    if (known !== undefined) return known.done === 1 ? { commandId, message: known.message } : null;
    const before = new Map(entities.map((entity) => [entity, this.copy.state(entity)]));
    this.copy.startOver(entities, () =>
      database.use((db) => {
        db.prepare('INSERT INTO resyncs (command_id, message) VALUES (?, ?)').run(commandId, message);
        const insert = db.prepare(
          'INSERT INTO resync_entities SELECT ?, entity, scan, ?, ? FROM entities WHERE entity = ?',
        );
        for (const [entity, { cursor, phase }] of before) insert.run(commandId, cursor, phase, entity);
        db.prepare('DELETE FROM resyncs WHERE done = 1 AND seq <= (SELECT max(seq) FROM resyncs) - ?').run(
          agentLimits.maxRememberedResyncs,
        );
      }),
    );
    return null;
  }

  /**
   * Ends an order that is under way: its entities go on from where they were before it, and nothing is dropped. Those
   * that have come through, or that a later order has started over again, stay as they are.
   */
  cancel(commandId: string): void {
    const { database } = this.copy;
    const rows = database.use((db) =>
      db
        .prepare('SELECT entity, scan, cursor_before, phase_before FROM resync_entities WHERE command_id = ?')
        .all(commandId),
    ) as { entity: string; scan: number; cursor_before: string | null; phase_before: CopyState['phase'] }[];
    const underWay = rows.filter(({ entity, scan }) => {
      const now = this.copy.state(entity);
      return now.scan === scan && now.phase === 'scanning';
    });
    const before = new Map(
      underWay.map((row) => [row.entity, { cursor: row.cursor_before, phase: row.phase_before }]),
    );
    this.copy.goBack(before, () =>
      database.use((db) => {
        db.prepare('UPDATE resyncs SET done = 1, message = ? WHERE command_id = ?').run(
          'cancelled',
          commandId,
        );
        db.prepare('DELETE FROM resync_entities WHERE command_id = ?').run(commandId);
      }),
    );
  }

  /** Orders of an earlier configuration wait for no entity that is pulled no more. */
  keepOnly(entities: readonly string[]): void {
    this.copy.database.use((db) =>
      db
        .prepare('DELETE FROM resync_entities WHERE entity NOT IN (SELECT value FROM json_each(?))')
        .run(JSON.stringify(entities)),
    );
  }

  /** Orders that have come to their end since the last call: every entity scanned, swept, and confirmed. */
  takeFinished(): FinishedResync[] {
    const { database } = this.copy;
    const finished = database.use((db) => db.prepare(selectFinished).all()) as {
      command_id: string;
      message: string | null;
    }[];
    if (finished.length === 0) return [];
    database.transaction(() =>
      database.use((db) => {
        for (const { command_id } of finished) {
          db.prepare('UPDATE resyncs SET done = 1 WHERE command_id = ?').run(command_id);
          db.prepare('DELETE FROM resync_entities WHERE command_id = ?').run(command_id);
        }
      }),
    );
    return finished.map(({ command_id: commandId, message }) => ({ commandId, message }));
  }
}

const selectFinished = `
  SELECT command_id, message FROM resyncs o WHERE done = 0 AND NOT EXISTS (
    SELECT 1 FROM resync_entities r JOIN entities e ON e.entity = r.entity
    WHERE r.command_id = o.command_id AND (e.phase <> 'following' OR e.confirmed_scan < r.scan))`;
