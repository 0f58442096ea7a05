import assert from 'node:assert/strict';
import type { Step } from './drive.js';

const minutes = 45;

export const maintenanceSteps: readonly Step[] = [
  {
    name: 'maintenance is set for a region and ended',
    async run(drive) {
      const region = `${drive.prefix}-south`;
      const { storeId } = await drive.newStore('repair', { region });
      const panel = await drive.open('Editor', 'maintenance', storeId);
      await panel.press('Set maintenance …');
      const dialog = panel.dialog('Set maintenance from now on?');
      await dialog.select('Of', `the region ${region}`);
      await dialog.fill('Minutes', String(minutes));
      await dialog.fill('Why', 'a new roof');
      await dialog.press('Set maintenance');
      await panel.shows(
        `Maintenance of the region ${region} is set: nobody is paged for ${minutes} minutes.`,
      );
      await panel.shows('▶ now');
      const windows = async () =>
        (await drive.get('/maintenance-windows?active=true')).items.filter(
          ({ scope }: { scope: { region?: string } }) => scope.region === region,
        );
      const [set] = await windows();
      assert.deepEqual([set.reason, set.createdBy], ['a new roof', drive.actor('Editor')]);
      const lastsMinutes = (Date.parse(set.endsAt) - Date.parse(set.startsAt)) / 60_000;
      assert.equal(Math.round(lastsMinutes), minutes);

      await panel.press('End …');
      await panel.dialog(`End the maintenance of the region ${region}?`).press('End maintenance');
      await panel.shows('– over');
      assert.equal((await windows()).length, 0);
      await drive.audited('maintenance.start', drive.actor('Editor'));
      await drive.audited('maintenance.end', drive.actor('Editor'));
      assert.deepEqual(panel.complaints, []);
    },
  },
];
