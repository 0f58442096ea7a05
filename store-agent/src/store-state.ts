import type { StoreSettings } from '@hq-sync/protocol/hq-message';
import type { BatchLimits } from '@hq-sync/protocol/push';
import type Database from 'libsql';
import { randomUUID } from 'node:crypto';

/** How far a walk over the queue has come, by `seq`. */
export interface QueueWalk {
  after: number;
}

interface StateValues {
  instanceId: string;
  hqEpoch: string;
  settings: StoreSettings;
  batchLimits: BatchLimits;
  /** By entity, the highest number of a push that HQ has said it committed. */
  receipts: Record<string, number>;
  /** The token that the store has made itself, the one before, and the SHA-256 of the configured one that it came after. */
  ownToken: { after: string; token: string; before: string };
  /** The token made for an order of HQ and not used yet; `known`: HQ takes it. */
  nextToken: { commandId: string; token: string; known: boolean };
  /** The last order of HQ for a new token that was carried out. */
  rotatedBy: string;
  /** Newest instant of a completed sale. */
  lastSaleAt: string;
  /** Records queued before the timezone was known: they get their business date. */
  dating: QueueWalk;
  /** HQ was restored from a backup: records settled up to `end` become pending again, each once. */
  pushingAgain: QueueWalk & { end: number };
}

/** What the agent knows beside its records, in the same file and transactions as they are. */
export class StoreState {
  private readonly select: Database.Statement;
  private readonly upsert: Database.Statement;
  private readonly remove: Database.Statement;

  constructor(db: Database.Database) {
    this.select = db.prepare('SELECT value FROM agent_state WHERE key = ?');
    this.upsert = db.prepare(
      'INSERT INTO agent_state VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    );
    this.remove = db.prepare('DELETE FROM agent_state WHERE key = ?');
    if (this.get('instanceId') === null) this.set('instanceId', randomUUID());
  }

  get instanceId(): string {
    return this.get('instanceId') as string;
  }

  get<K extends keyof StateValues>(key: K): StateValues[K] | null {
    const row = this.select.get(key) as { value: string } | undefined;
    return row === undefined ? null : (JSON.parse(row.value) as StateValues[K]);
  }

  /** Writes only a change: HQ says the same settings at every connect. */
  set<K extends keyof StateValues>(key: K, value: StateValues[K]): void {
    const text = JSON.stringify(value);
    const row = this.select.get(key) as { value: string } | undefined;
    if (row?.value !== text) this.upsert.run(key, text);
  }

  clear(key: keyof StateValues): void {
    this.remove.run(key);
  }
}
