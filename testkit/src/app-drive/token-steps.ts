import assert from 'node:assert/strict';
import { eventually } from '../eventually.js';
import { saleRecord } from '../wire-store.js';
import type { DrivenStore, Step } from './drive.js';

/** The store comes back with the token that it made within some seconds, spread over the fleet. */
const rotationDeadlineMs = 30_000;
const overlapMinutes = 30;

const shortId = ({ tokenId }: { tokenId: string }): string => tokenId.slice(0, 8);

export const tokenSteps: readonly Step[] = [
  {
    name: 'a token is generated, shown once, used by the store, and the old one revoked',
    async run(drive) {
      const store = await drive.newStore('keys');
      const { storeId, name, agent } = store;
      const [old] = await drive.tokensOf(storeId);
      const panel = await drive.open('Admin', 'token', storeId);
      await panel.press('Generate …');
      const dialog = panel.dialog(`Generate a token for ${name}?`);
      await dialog.fill('Minutes for which the tokens before still work', String(overlapMinutes));
      await dialog.press('Generate token');
      const shown = panel.dialog(`The new token of ${name}`);
      await shown.shows(/^hqs_/);
      const secret = await shown.labelled('The token');
      await shown.press('Close');
      assert.equal((await panel.page.content()).includes(secret), false);

      agent.setToken(secret);
      await panel.press(`Revoke ${shortId(old)} …`);
      const revoke = panel.dialog(`Revoke a token of ${name}?`);
      await revoke.shows(old.tokenId);
      await revoke.shows('it is cut off at once');
      await revoke.press('Revoke token');
      await panel.shows(`The token ${shortId(old)} of ${name} is revoked.`);
      const [made, revoked] = await eventually(
        'the store has come in with the new one',
        () => drive.tokensOf(storeId),
        ([newest, before]) => newest.inUse && before.state === 'revoked' && agent.status().connected,
      );
      assert.equal(revoked.tokenId, old.tokenId);
      await panel.item(`token ${shortId(made)}`).shows('in use by the store');
      await panel.item(`token ${shortId(old)}`).shows('revoked');
      await pushesASale(store);
      const { detail } = await drive.audited('token.generate', drive.actor('Admin'), storeId);
      assert.deepEqual([detail['tokenId'], detail['overlapMinutes']], [made.tokenId, overlapMinutes]);
      await drive.audited('token.revoke', drive.actor('Admin'), storeId);
      assert.deepEqual(panel.complaints, []);
    },
  },
  {
    name: 'a rotation is ordered with a click, and the store uses the token that it made',
    async run(drive) {
      const store = await drive.newStore('turn');
      const { storeId, name, agent, madeTokens } = store;
      const [old] = await drive.tokensOf(storeId);
      const panel = await drive.open('Editor', 'token', storeId);
      await panel.item(`token ${shortId(old)}`).shows('in use by the store');
      assert.deepEqual(await panel.buttons(), ['Rotate …'], 'buttons of an editor');
      await panel.press('Rotate …');
      const dialog = panel.dialog(`Rotate the token of ${name}?`);
      await dialog.shows('makes its next token by itself');
      assert.equal((await drive.tokensOf(storeId)).length, 1);
      await dialog.press('Rotate token');
      await panel.shows(`The store server of ${name} was asked to make its next token.`);

      const [made, before] = await eventually(
        'the new token is in use',
        () => drive.tokensOf(storeId),
        ([newest]) => newest.tokenId !== old.tokenId && newest.inUse && newest.state === 'active',
        rotationDeadlineMs,
      );
      assert.equal(madeTokens.length, 1);
      assert.equal(before.inUse, false);
      assert.equal(before.state, 'active', 'the old one has its grace');
      await panel.item(`token ${shortId(made)}`).shows('in use by the store');
      await panel.item(`token ${shortId(old)}`).shows('so it works until');
      await pushesASale(store);
      await drive.audited('token.rotate', drive.actor('Editor'), storeId);
      assert.deepEqual(panel.complaints, []);

      const admin = await drive.open('Admin', 'token', storeId);
      await admin.press(`Revoke ${shortId(old)} …`);
      await admin.dialog(`Revoke a token of ${name}?`).press('Revoke token');
      await admin.item(`token ${shortId(old)}`).shows('revoked');
      assert.equal(agent.status().connected, true, 'the store needs the old one no more');
    },
  },
];

async function pushesASale({ agent }: DrivenStore): Promise<void> {
  agent.enqueue('sales', saleRecord('with-the-new-one'));
  await eventually(
    'the sale is pushed',
    () => agent.status().pendingRecords,
    (pending) => pending === 0,
  );
}
