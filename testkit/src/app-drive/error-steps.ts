import assert from 'node:assert/strict';
import { eventually } from '../eventually.js';
import { saleRecord } from '../wire-store.js';
import type { AppDrive, Step } from './drive.js';

export const errorSteps: readonly Step[] = [
  {
    name: 'a record in quarantine is corrected and replayed, and the figures are right',
    async run(drive) {
      const { storeId, agent } = await drive.newStore('till');
      agent.enqueue('sales', saleRecord('good'));
      agent.enqueue('sales', saleRecord('bad', { currency: 'usd' }));
      agent.enqueue('sales', saleRecord('rubbish', { currency: '?' }));
      const held = await eventually(
        'both are held',
        async () => (await drive.get(`/quarantine?storeId=${storeId}`)).items,
        (items) => items.length === 2,
      );
      await figures(drive, storeId, { sales: 1, grossMinor: 1_000, taxMinor: 63, held: 2 });

      const panel = await drive.open('Editor', 'errors', storeId);
      await panel.shows('2 records in quarantine');
      await panel.item(`record rejected at ${storeId}`).shows('record rejected');
      const bad = panel.item(`sales bad of ${storeId}`);
      const reason = held.find(({ recordId }: { recordId: string }) => recordId === 'bad').message;
      assert.match(reason, /currency/);
      await bad.shows(reason);
      await bad.press('Replay as it is …');
      await panel.dialog(`Replay sales bad of ${storeId} as it is?`).press('Replay');
      await panel.shows(`✖ sales bad of ${storeId} is held again`);

      await bad.press('Correct and replay …');
      const editor = panel.dialog(`Correct sales bad of ${storeId}`);
      await editor.shows(reason);
      await editor.fill('The record', '{');
      await editor.shows('This is no JSON object.');
      await editor.fill('The record', JSON.stringify(saleRecord('bad')));
      await editor.press('Replay corrected');
      await panel.shows(`sales bad of ${storeId} was replayed: accepted.`);
      await figures(drive, storeId, { sales: 2, grossMinor: 2_000, taxMinor: 126, held: 1 });

      await panel.item(`sales rubbish of ${storeId}`).press('Discard …');
      const discard = panel.dialog(`Discard sales rubbish of ${storeId}?`);
      await discard.fill('Why', 'a test of the till');
      await discard.press('Discard');
      await panel.shows(`sales rubbish of ${storeId} is discarded.`);
      await panel.shows('0 records in quarantine');
      await panel.shows('0 open errors');
      await figures(drive, storeId, { sales: 2, grossMinor: 2_000, taxMinor: 126, held: 0 });
      const editorActor = drive.actor('Editor');
      const { detail } = await drive.audited('quarantine.replay', editorActor, storeId);
      assert.equal((detail['corrected'] as { id: string }).id, 'bad');
      assert.equal((detail['result'] as { outcome: string }).outcome, 'accepted');
      await drive.audited('quarantine.discard', editorActor, storeId);
      assert.deepEqual(panel.complaints, []);
    },
  },
  {
    name: 'an error is acknowledged with a note, assigned, and gone when it is tried again',
    async run(drive) {
      const { storeId, agent, line } = await drive.newStore('slow');
      line.hold('/v1/push/sales');
      agent.enqueue('sales', saleRecord('late'));
      await eventually(
        'the store has told HQ',
        async () => (await drive.get(`/errors?storeId=${storeId}&open=true`)).items,
        (items) => items.length === 1,
      );
      // Of all stores, as on Sync errors.
      const panel = await drive.open('Editor', 'errors');
      const what = `network timeout at ${storeId}`;
      const episode = panel.item(what);
      await episode.shows(storeId);
      await episode.shows(/What to do: /);
      await episode.press('Assign to me');
      await episode.shows('You look after it.');
      await episode.press('Acknowledge …');
      const noted = panel.dialog(`Acknowledge ${what}?`);
      await noted.fill('Note', 'asked the store');
      await noted.press('Acknowledge');
      await panel.shows(`${what} is noted as seen.`);
      await episode.shows(`Seen by ${drive.actor('Editor')}`);
      await episode.shows(/asked the store/);

      await episode.press('Retry now');
      await panel.shows(`${storeId} was asked to try again now; the error goes when it worked.`);
      line.letGo();
      await eventually(
        'the sale is pushed',
        () => agent.status().pendingRecords,
        (pending) => pending === 0,
      );
      await episode.gone();
      await figures(drive, storeId, { sales: 1, grossMinor: 1_000, taxMinor: 63, held: 0 });
      const actor = drive.actor('Editor');
      const acknowledged = await drive.audited('error.acknowledge', actor, storeId);
      assert.equal(acknowledged.detail['note'], 'asked the store');
      const assigned = await drive.audited('error.assign', actor, storeId);
      assert.equal(assigned.detail['assignee'], drive.place.login('Editor'));
      await drive.audited('error.retry', actor, storeId);
      assert.deepEqual(panel.complaints, []);
    },
  },
];

/** What HQ says of the store's day, right now. */
async function figures(
  drive: AppDrive,
  storeId: string,
  expected: { sales: number; grossMinor: number; taxMinor: number; held: number },
): Promise<void> {
  const { store } = await drive.statusOf(storeId);
  const { salesCount: sales, grossMinor, taxMinor, quarantinedRecords: held } = store;
  assert.deepEqual({ sales, grossMinor, taxMinor, held }, expected);
}
