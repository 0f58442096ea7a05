import type { BatchLimits } from '@hq-sync/protocol/push';
import { recordLine, type OfflineQueue, type QueuedRecord } from './offline-queue.js';
import { outgoingVersion, upgradeData } from './schema-upgrade.js';

export interface Batch {
  entity: string;
  schemaVersion: number;
  records: QueuedRecord[];
  /** NDJSON, each line ended by a newline. */
  body: string;
}

/** A record that no batch can hold. */
export interface OversizedRecord {
  oversized: QueuedRecord;
  bytes: number;
  limitBytes: number;
}

/**
 * The next batch of an entity: its first pending records, all of one schema version after their upgrade to that of
 * the agent, within `limits`. Null when nothing is pending.
 */
export function nextBatch(
  queue: OfflineQueue,
  entity: string,
  agentSchemaVersion: number,
  limits: BatchLimits,
): Batch | OversizedRecord | null {
  const limitBytes = recordLimitBytes(limits);
  const candidates = queue.firstPending(entity, limits.maxBatchRecords, limits.maxBatchBytes);
  const records: QueuedRecord[] = [];
  const lines: string[] = [];
  let schemaVersion = agentSchemaVersion;
  let bodyBytes = 0;
  for (const record of candidates) {
    const version = outgoingVersion(record.schemaVersion, agentSchemaVersion);
    if (records.length > 0 && version !== schemaVersion) break;
    const line = recordLine(record.recordId, record.revision, outgoingData(entity, record, version));
    const bytes = Buffer.byteLength(line);
    if (bytes > limitBytes) {
      if (records.length > 0) break;
      return { oversized: record, bytes, limitBytes };
    }
    bodyBytes += bytes + 1;
    if (records.length > 0 && bodyBytes > limits.maxBatchBytes) break;
    schemaVersion = version;
    records.push(record);
    lines.push(line);
  }
  return records.length === 0 ? null : { entity, schemaVersion, records, body: `${lines.join('\n')}\n` };
}

/** The largest line that HQ takes; a batch of it alone has its newline too. */
export function recordLimitBytes(limits: BatchLimits): number {
  return Math.min(limits.maxRecordBytes, limits.maxBatchBytes - 1);
}

function outgoingData(entity: string, record: QueuedRecord, version: number): string {
  if (version === record.schemaVersion) return record.data;
  const data = JSON.parse(record.data) as Record<string, unknown>;
  return JSON.stringify(upgradeData(entity, data, record.schemaVersion, version));
}
