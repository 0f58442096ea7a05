import assert from 'node:assert/strict';
import path from 'node:path';
import Database from 'libsql';
import type { Step } from './drive.js';
import { eventually } from '../eventually.js';

const pullOfProducts = '/v1/pull/products';
/** Each page is counted with the request after it, and one request may still be the end of an earlier reading. */
const heldAfterPages = 3;
const begun = /\b[1-9]\d* of [\d,]+ records applied by the store/;

export const resyncSteps: readonly Step[] = [
  {
    name: 'a resync that is forced with a click mends a copy that was corrupted',
    async run(drive) {
      const { storeId, name, agent, line, dataDir, startAgain } = await drive.newStore('torn');
      const right = await agent.copyHash('products');
      await agent.stop();
      const copy = new Database(path.join(dataDir, 'hq-data.db'));
      const [one, another] = drive.productIds;
      const where = `where entity = 'products' and record_id =`;
      copy.exec(`update records set data = '{"name": "wrong"}' ${where} '${one}'`);
      copy.exec(`delete from records ${where} '${another}'`);
      copy.close();
      const again = await startAgain();
      assert.notEqual(await again.copyHash('products'), right);

      const panel = await drive.open('Editor', 'resync', storeId);
      const { records } = await drive.get(`/stores/${storeId}/resync-preview`);
      await panel.shows(`${records.toLocaleString('en')} records`);
      await panel.press('Force resync …');
      const dialog = panel.dialog(`Force a resync of ${name}?`);
      await dialog.shows(`${name} (${storeId}) reads`);
      await dialog.shows(`${records.toLocaleString('en')} records`);
      assert.equal((await drive.jobsOf(storeId)).length, 0, 'nothing is sent before it is confirmed');

      line.hold(pullOfProducts, heldAfterPages);
      await dialog.press('Force resync');
      await panel.shows(`The resync of ${name} was asked for.`);
      await panel.shows(begun);
      line.letGo();
      await panel.shows('✓ applied by the store');
      await drive.hasProducts(again);
      assert.equal(await again.copyHash('products'), right);
      await drive.audited('resync.force', drive.actor('Editor'), storeId);
      assert.deepEqual(panel.complaints, []);
    },
  },
  {
    name: 'a resync that runs is cancelled with a click, and the store keeps what it has',
    async run(drive) {
      const { storeId, name, agent, line } = await drive.newStore('halfway');
      const right = await agent.copyHash('products');
      const panel = await drive.open('Editor', 'resync', storeId);
      await panel.press('Force resync …');
      line.hold(pullOfProducts, heldAfterPages);
      await panel.dialog(`Force a resync of ${name}?`).press('Force resync');
      await panel.shows(begun);
      const [running] = await drive.jobsOf(storeId);
      assert.equal(running.state, 'running');

      await panel.press('Cancel resync');
      const dialog = panel.dialog(`Cancel the resync of ${name}?`);
      await dialog.shows('goes on from where it was');
      await dialog.press('Cancel resync');
      await panel.shows(`The resync of ${name} is cancelled.`);
      await panel.shows('– cancelled');
      line.letGo();
      await eventually(
        'the store has stopped reading',
        () => agent.status().pull.find(({ entity }) => entity === 'products')!,
        ({ scanning }) => !scanning,
      );
      assert.equal(await agent.copyHash('products'), right);
      const [job] = await drive.jobsOf(storeId);
      assert.equal(job.state, 'cancelled');
      assert.ok(job.recordsConfirmed < drive.productIds.length, `${job.recordsConfirmed} records`);
      await drive.audited('resync.cancel', drive.actor('Editor'), storeId);
      assert.deepEqual(panel.complaints, []);
    },
  },
  {
    name: 'a resync of some types that waits for its store is cancelled with a click',
    async run(drive) {
      const { storeId, name, agent } = await drive.newStore('away');
      await agent.stop();
      await eventually(
        'HQ has seen it go',
        () => drive.statusOf(storeId),
        ({ store }) => store.status === 'disconnected',
      );
      const panel = await drive.open('Editor', 'resync', storeId);
      await panel.choose('customers');
      await panel.press('Force resync …');
      const dialog = panel.dialog(`Force a resync of ${name}?`);
      await dialog.shows('The store is not connected now');
      await dialog.press('Force resync');
      await panel.shows('it waits for the store');
      await panel.press('Cancel resync');
      await panel.dialog(`Cancel the resync of ${name}?`).press('Cancel resync');
      await panel.shows(`The resync of ${name} is cancelled.`);
      await panel.shows('– cancelled');
      const jobs = await drive.jobsOf(storeId);
      assert.equal(jobs.length, 1);
      assert.deepEqual([jobs[0].state, jobs[0].createdBy], ['cancelled', drive.actor('Editor')]);
      assert.equal(jobs[0].entities.includes('customers'), false);
      assert.deepEqual(panel.complaints, []);
    },
  },
];
