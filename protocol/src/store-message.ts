import { z } from 'zod';
import { dayTotal } from './activity.js';
import { direction, entityName } from './entity.js';
import { errorCodes } from './error-code.js';
import { limits } from './limits.js';
import { count, id, instant, schemaVersion, secretHash, text } from './primitives.js';

/** First frame of a store. It counts as its first heartbeat. */
export const hello = z.object({
  type: z.literal('hello'),
  storeId: id.optional().describe('The store this server believes it is; HQ checks it against the token.'),
  instanceId: z.uuid().describe("Made with the store's local database; a new one means an empty database."),
  hqEpoch: z
    .uuid()
    .nullable()
    .describe('Epoch of the last HQ this database spoke to; null when there was none.'),
  agentVersion: text(64),
  schemaVersion: schemaVersion.describe("Schema version of the store's database."),
  clock: instant.describe("The store's clock when it sent this."),
  pendingRecords: count.describe('Records that wait to be pushed, all entities.'),
  receipts: z
    .array(z.object({ entity: entityName, receipt: count }))
    .max(limits.maxQueues)
    .optional()
    .describe('The highest `receipt` that HQ has given for each entity.'),
});
export type Hello = z.infer<typeof hello>;

/** A till opened by a cashier. */
export const openRegister = z.object({ terminalId: id, openedAt: instant, cashierId: id.optional() });
export type OpenRegister = z.infer<typeof openRegister>;

/** What waits for one entity in one direction. */
export const queueStatus = z.object({
  entity: entityName,
  direction,
  pendingRecords: count,
  oldestPendingAt: instant.nullable().describe('When the oldest of them was queued.'),
  attempt: count.describe('Failed tries in a row; 0 after a success.'),
  nextTryAt: instant.nullable().describe('Null when a try is under way or nothing waits.'),
});
export type QueueStatus = z.infer<typeof queueStatus>;

/** Sent every `heartbeatIntervalMs`, and at once (at most one a second) when a register opens or closes. */
export const heartbeat = z.object({
  type: z.literal('heartbeat'),
  clock: instant,
  openRegisters: z.array(openRegister).max(limits.maxOpenRegisters),
  lastSaleAt: instant.nullable(),
  queues: z.array(queueStatus).max(limits.maxQueues),
  days: z
    .array(dayTotal)
    .max(limits.maxDayTotals)
    .describe("The store's own totals of its last business dates."),
  disk: z.object({
    usedBytes: count,
    limitBytes: count.describe('At this size the intake refuses new records.'),
  }),
  withheldRecords: count.describe('Records too large to send, kept at the store.'),
});
export type Heartbeat = z.infer<typeof heartbeat>;

/** Something HQ cannot see by itself. Repeated until HQ has answered with `report_received`. */
export const report = z.object({
  type: z.literal('report'),
  reportId: z.uuid(),
  code: z.enum(errorCodes).describe('Which error the store met.'),
  entity: entityName,
  direction,
  at: instant,
  attempts: z.int().min(1).max(2_147_483_647).describe('How often it has happened since the last report.'),
  recordId: id.optional(),
  message: text(limits.maxTextChars),
});
export type Report = z.infer<typeof report>;

/** Answer to a `command`. */
export const commandDone = z.object({
  type: z.literal('command_done'),
  commandId: z.uuid(),
  outcome: z.enum(['done', 'refused']),
  message: text(limits.maxTextChars).optional(),
});
export type CommandDone = z.infer<typeof commandDone>;

/** The store's new token, by its hash: the token itself never leaves the store before it is used. */
export const newToken = z.object({
  type: z.literal('new_token'),
  commandId: z.uuid().describe('Of the `rotate_token` that asked for it.'),
  secretHash: secretHash.describe('Of the token as it will be sent.'),
});
export type NewToken = z.infer<typeof newToken>;

/** All that a store may say over the socket. */
export const storeMessage = z.discriminatedUnion('type', [hello, heartbeat, report, commandDone, newToken]);
export type StoreMessage = z.infer<typeof storeMessage>;

export const storeMessageTypes: readonly string[] = storeMessage.options.map(
  (option) => option.shape.type.value,
);
