import { limits } from '@hq-sync/protocol/limits';
import { openRegister, type OpenRegister } from '@hq-sync/protocol/store-message';
import type Database from 'libsql';
import { IntakeError } from './intake-error.js';
import { fieldErrors } from './record-check.js';

interface RegisterRow {
  terminal_id: string;
  opened_at: string;
  cashier_id: string | null;
}

/** The tills that are open now; they survive a restart of the agent, as the tills do. */
export class OpenRegisters {
  private readonly upsert: Database.Statement;
  private readonly remove: Database.Statement;
  private readonly selectAll: Database.Statement;

  constructor(db: Database.Database) {
    this.upsert = db.prepare(`
      INSERT INTO open_registers VALUES (?, ?, ?) ON CONFLICT (terminal_id)
      DO UPDATE SET opened_at = excluded.opened_at, cashier_id = excluded.cashier_id`);
    this.remove = db.prepare('DELETE FROM open_registers WHERE terminal_id = ?');
    this.selectAll = db.prepare('SELECT * FROM open_registers ORDER BY terminal_id LIMIT ?');
  }

  /** @throws IntakeError `record_invalid`, or `registers_full` beyond what a heartbeat can say. */
  open(register: unknown): void {
    const parsed = openRegister.safeParse(register);
    if (!parsed.success) throw new IntakeError('record_invalid', undefined, fieldErrors(parsed.error));
    const { terminalId, openedAt, cashierId } = parsed.data;
    const others = this.all().filter((other) => other.terminalId !== terminalId);
    if (others.length >= limits.maxOpenRegisters) throw new IntakeError('registers_full');
    this.upsert.run(terminalId, openedAt, cashierId ?? null);
  }

  /** Returns false when no such register was open. */
  close(terminalId: string): boolean {
    return this.remove.run(terminalId).changes > 0;
  }

  all(): OpenRegister[] {
    return (this.selectAll.all(limits.maxOpenRegisters) as RegisterRow[]).map((row) => ({
      terminalId: row.terminal_id,
      openedAt: row.opened_at,
      ...(row.cashier_id === null ? {} : { cashierId: row.cashier_id }),
    }));
  }
}
