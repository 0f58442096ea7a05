import { commandName } from '@hq-sync/protocol/hq-message';
import { z } from 'zod';
import type { Transaction } from '../db/database.js';
import { hintStoreChanged } from '../fleet/watch.js';
import { AdminError } from './admin-error.js';
import { audit } from './audit.js';
import { endpoint, type Actor } from './endpoint.js';
import { lockLivingStore, storeParams } from './stores.js';

export const sendCommand = endpoint({
  method: 'post',
  path: '/stores/{storeId}/commands',
  role: 'operator',
  summary:
    'Sends the store server a command; it waits for the store when that is offline. The same command waits once.',
  params: storeParams,
  // The others have more to say than their name, and an address of their own.
  body: z.strictObject({ command: commandName.extract(['push_now']) }),
  status: 201,
  answer: z.object({ commandId: z.uuid() }),
  async handle(_context, { params: { storeId }, body, actor, change }) {
    return change(async (tx) => {
      const commandId = await leaveCommand(tx, storeId, body.command, actor);
      await audit(tx, actor, 'command.send', storeId, { ...body, commandId });
      return { commandId };
    });
  },
});

/** @throws AdminError `store_not_found`, `store_archived`, `no_store_server` */
export async function leaveCommand(
  tx: Transaction,
  storeId: string,
  command: string,
  actor: Actor,
): Promise<string> {
  await lockLivingStore(tx, storeId);
  const { rowCount } = await tx.query('select from hq.store_connection where store_id = $1', [storeId]);
  if (rowCount === 0) throw new AdminError('no_store_server');
  const { rows } = await tx.query<{ commandId: string }>(
    `with waiting as (
       select command_id from hq.store_command where store_id = $1 and command = $2 and done_at is null limit 1
     ), added as (
       insert into hq.store_command (store_id, command, created_by)
       select $1, $2, $3 where not exists (select from waiting)
       returning command_id
     )
     select command_id as "commandId" from waiting union all select command_id from added`,
    [storeId, command, actor.name],
  );
  await tx.query(hintStoreChanged);
  return rows[0]!.commandId;
}
