import { expect, test } from '@jest/globals';
import { nextRun } from '../../src/metrics/next-run.js';

/** Work that counts its runs and ends when told. */
function heldWork() {
  const ends: (() => void)[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  return {
    ends,
    mostAtOnce: () => mostAtOnce,
    async work(): Promise<number> {
      const run = ends.length + 1;
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      await new Promise<void>((resolve) => ends.push(resolve));
      atOnce--;
      return run;
    },
  };
}

const turn = () => new Promise(setImmediate);

test('calls that come while it runs share the run after', async () => {
  const held = heldWork();
  const run = nextRun(held.work);
  const first = run();
  const second = run();
  const third = run();
  held.ends[0]!();
  expect(await first).toBe(1);
  await turn();
  const fourth = run();
  held.ends[1]!();
  expect(await Promise.all([second, third])).toEqual([2, 2]);
  await turn();
  held.ends[2]!();
  expect(await fourth).toBe(3);
  expect(held.mostAtOnce()).toBe(1);
});

test('never two at once, whenever the calls come', async () => {
  const held = heldWork();
  const run = nextRun(held.work);
  const calls = [run()];
  for (let i = 0; i < 50; i++) {
    held.ends.at(-1)!();
    for (let microtasks = 0; microtasks < 6; microtasks++) {
      calls.push(run());
      await Promise.resolve();
    }
    await turn();
  }
  for (let settled = false; !settled;) {
    held.ends.at(-1)!();
    await turn();
    settled = (await Promise.race([Promise.all(calls), turn()])) !== undefined;
  }
  expect(held.mostAtOnce()).toBe(1);
});

test('a run that fails fails its callers alone', async () => {
  let runs = 0;
  const run = nextRun(async () => {
    if (++runs === 1) throw new Error('away');
    return runs;
  });
  const first = run();
  const second = run();
  await expect(first).rejects.toThrow('away');
  expect(await second).toBe(2);
});
