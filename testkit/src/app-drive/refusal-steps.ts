import assert from 'node:assert/strict';
import type { Route } from 'playwright-core';
import type { OrgRole } from '../app-host/plugin-proxy.js';
import type { Step } from './drive.js';
import type { PanelName } from './place.js';

const hourMs = 3_600_000;

export const refusalSteps: readonly Step[] = [
  {
    name: 'a viewer sees the state and no button, and is refused by the way itself',
    async run(drive) {
      const region = `${drive.prefix}-north`;
      const { storeId } = await drive.newStore('seen', { region });
      await drive.expect(201, 'POST', '/maintenance-windows', {
        scope: { region },
        endsAt: new Date(Date.now() + hourMs).toISOString(),
        reason: 'new cabling',
      });
      const texts: Readonly<Record<PanelName, string | RegExp>> = {
        resync: /\d records, /,
        token: 'in use by the store',
        errors: '0 open errors',
        maintenance: 'new cabling',
      };
      for (const [name, text] of Object.entries(texts)) {
        const panel = await drive.open('Viewer', name as PanelName, storeId);
        await panel.shows(text);
        assert.deepEqual(await panel.buttons(), [], `buttons of ${name} for a viewer`);
        assert.deepEqual(panel.complaints, []);
        await panel.close();
      }
      const answers: readonly [OrgRole | null, string, string, number][] = [
        ['Viewer', 'GET', `view/stores/${storeId}/status`, 200],
        ['Viewer', 'POST', `act/stores/${storeId}/resync`, 403],
        ['Viewer', 'POST', `manage/stores/${storeId}/tokens`, 403],
        ['Viewer', 'GET', 'view/audit', 403],
        ['Viewer', 'GET', `act/stores/${storeId}/status`, 404],
        ['Editor', 'POST', `manage/stores/${storeId}/tokens`, 403],
        // Grafana lets an editor through; HQ knows that the token of this way is an operator's.
        ['Editor', 'POST', `act/stores/${storeId}/tokens`, 403],
        [null, 'GET', 'view/status', 401],
      ];
      for (const [role, method, route, status] of answers)
        assert.equal(await drive.place.ask(role, method, route), status, `${method} ${route} as ${role}`);
      assert.equal((await drive.jobsOf(storeId)).length, 0);
      assert.equal((await drive.tokensOf(storeId)).length, 1);
    },
  },
  {
    name: 'a refused action says why, in the words of HQ',
    async run(drive) {
      const { storeId, name, agent } = await drive.newStore('twice');
      await agent.stop();
      const panel = await drive.open('Editor', 'resync', storeId);
      await panel.choose('products');
      await panel.press('Force resync …');
      // Somebody else was faster.
      await drive.expect(201, 'POST', `/stores/${storeId}/resync`, { entities: ['products'] });
      await panel.dialog(`Force a resync of ${name}?`).press('Force resync');
      await panel.shows(/✖ Another resync of this store is under way: Job \S+ is under way\./);

      const tokens = await drive.open('Editor', 'token', storeId);
      await tokens.press('Rotate …');
      await drive.expect(200, 'POST', `/stores/${storeId}/archive`, { force: true });
      await tokens.dialog(`Rotate the token of ${name}?`).press('Rotate token');
      await tokens.shows('✖ The store is archived.');
    },
  },
  {
    name: 'an action whose answer was lost says so, and is carried out once when it is asked for again',
    async run(drive) {
      const { storeId } = await drive.newStore('lost');
      const panel = await drive.open('Editor', 'maintenance', storeId);
      const keys: (string | undefined)[] = [];
      const lose = async (route: Route) => {
        keys.push((await route.request().allHeaders())['idempotency-key']);
        if (keys.length > 1) return route.continue();
        await route.fetch();
        await route.abort();
      };
      await panel.page.route('**/act/maintenance-windows', lose);
      const setFor = async () => {
        await panel.press('Set maintenance …');
        const dialog = panel.dialog('Set maintenance from now on?');
        await dialog.fill('Minutes', '30');
        await dialog.fill('Why', 'a line that breaks');
        await dialog.press('Set maintenance');
      };
      await setFor();
      await panel.shows(/✖ HQ does not answer/);
      await setFor();
      await panel.shows('is set: nobody is paged for 30 minutes.');
      assert.equal(keys.length, 2);
      assert.equal(keys[0], keys[1]);
      const { items } = await drive.get('/maintenance-windows?active=true');
      const set = items.filter(({ scope }: { scope: { storeId?: string } }) => scope.storeId === storeId);
      assert.equal(set.length, 1);
    },
  },
];
