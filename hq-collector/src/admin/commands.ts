import { commandName } from '@hq-sync/protocol/hq-message';
import { z } from 'zod';
import { withTransaction } from '../db/database.js';
import { hintStoreChanged } from '../fleet/watch.js';
import { AdminError } from './admin-error.js';
import { audit } from './audit.js';
import { endpoint } from './endpoint.js';
import { lockLivingStore, storeParams } from './stores.js';

export const sendCommand = endpoint({
  method: 'post',
  path: '/stores/{storeId}/commands',
  role: 'operator',
  summary:
    'Sends the store server a command; it waits for the store when that is offline. The same command waits once.',
  params: storeParams,
  body: z.strictObject({ command: commandName }),
  status: 201,
  answer: z.object({ commandId: z.uuid() }),
  async handle({ pool }, { params, body, actor }) {
    return withTransaction(pool, async (tx) => {
      await lockLivingStore(tx, params.storeId);
      const { rowCount } = await tx.query('select from hq.store_connection where store_id = $1', [
        params.storeId,
      ]);
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
        [params.storeId, body.command, actor.name],
      );
      await audit(tx, actor, 'command.send', params.storeId, body);
      await tx.query(hintStoreChanged);
      return rows[0];
    });
  },
});
