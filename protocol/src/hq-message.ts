import { z } from 'zod';
import { entityName } from './entity.js';
import { limits } from './limits.js';
import { count, currency, id, instant, text, timeOfDay } from './primitives.js';
import { batchLimits } from './push.js';

/** What HQ holds of a store that its server needs to know. */
export const storeSettings = z.object({
  storeId: id,
  name: text(200),
  timezone: text(64).describe('IANA name, e.g. `America/Denver`.'),
  currency,
  dayCutover: timeOfDay.describe("The business date changes at this time of the store's clock."),
});
export type StoreSettings = z.infer<typeof storeSettings>;

/** The commands of this version. */
export const commandName = z.enum(['push_now', 'resync', 'cancel_resync', 'rotate_token']);

/** Asks the store server to do something. Delivered again at each connect until `command_done` came. */
export const command = z.object({
  type: z.literal('command'),
  commandId: z.uuid(),
  command: text(64).describe(
    '`push_now`: end every backoff and push what waits. `resync`: pull these entities from the start. `cancel_resync`: stop that and go on from the cursor before it. `rotate_token`: make a new token, say its hash with `new_token`. A client refuses one it does not know.',
  ),
  entities: z.array(entityName).min(1).optional().describe('With `resync` and `cancel_resync`.'),
  cancels: z.uuid().optional().describe('With `cancel_resync`: the `commandId` of the resync.'),
});
export type Command = z.infer<typeof command>;

/** Answer to `hello`. */
export const welcome = z.object({
  type: z.literal('welcome'),
  connectionId: z.uuid(),
  epoch: z.uuid().describe('Changes when HQ was restored from a backup.'),
  clock: instant.describe("HQ's clock when it sent this."),
  heartbeatIntervalMs: z.int().min(100),
  store: storeSettings,
  schema: z.object({ accepted: z.array(count), compatible: z.boolean() }),
  limits: batchLimits,
  pushAgain: z
    .array(entityName)
    .optional()
    .describe(
      'HQ lacks pushes of these entities that it has committed before: it was restored from a backup.',
    ),
  commands: z.array(command).describe('Commands that waited for this store.'),
});
export type Welcome = z.infer<typeof welcome>;

/** The store's settings have changed at HQ. */
export const settings = z.object({ type: z.literal('settings'), store: storeSettings });

/** HQ has something new of these entities: pull them. A hint that may come late, twice or never; pull every 5 minutes without it. */
export const news = z.object({ type: z.literal('news'), entities: z.array(entityName).min(1) });
export type News = z.infer<typeof news>;

/** HQ knows the hash of the store's new token: connect with it before `usableUntil`, or it lapses and the old one stays. */
export const newTokenKnown = z.object({
  type: z.literal('new_token_known'),
  commandId: z.uuid(),
  usableUntil: instant,
});
export type NewTokenKnown = z.infer<typeof newTokenKnown>;

/** HQ has kept the report; the store forgets it. */
export const reportReceived = z.object({ type: z.literal('report_received'), reportId: z.uuid() });

/** A frame was not understood. The connection stays unless a close code follows. */
export const errorFrame = z.object({
  type: z.literal('error'),
  code: text(64).describe('An error code; a client must take codes it does not know.'),
  message: z.string().max(limits.maxTextChars),
  path: z.string().optional().describe('The field, e.g. `queues[0].entity`.'),
});

/** Sent before close code 1012: this process ends. Each store gets a time of its own, so that they do not come back at once. */
export const goodbye = z.object({
  type: z.literal('goodbye'),
  reconnectAfterMs: z.int().min(0).describe('Wait this long before connecting again.'),
});

/** All that HQ may say over the socket. */
export const hqMessage = z.discriminatedUnion('type', [
  welcome,
  settings,
  command,
  news,
  reportReceived,
  newTokenKnown,
  errorFrame,
  goodbye,
]);
export type HqMessage = z.infer<typeof hqMessage>;
