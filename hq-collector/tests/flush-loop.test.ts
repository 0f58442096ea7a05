import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { FlushLoop } from '../src/db/flush-loop.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('what is asked for while a run is under way is run after it', async () => {
  const ends: (() => void)[] = [];
  const loop = new FlushLoop(
    100,
    () => new Promise((resolve) => ends.push(resolve)),
    () => undefined,
  );
  loop.request();
  await jest.advanceTimersByTimeAsync(100);
  loop.request(); // the first run has taken its batch
  ends[0]!();
  await jest.advanceTimersByTimeAsync(100);
  expect(ends).toHaveLength(2);
});

test('a failed run is tried again, with pauses that grow to a second, until it succeeds', async () => {
  const startedAtMs: number[] = [];
  let failures = 6;
  const loop = new FlushLoop(
    100,
    async () => {
      startedAtMs.push(Date.now());
      if (failures-- > 0) throw new Error('away');
    },
    () => undefined,
  );
  const fromMs = Date.now();
  loop.request();
  await jest.advanceTimersByTimeAsync(60_000);
  expect(startedAtMs.map((at) => at - fromMs)).toEqual([100, 300, 700, 1_500, 2_500, 3_500, 4_500]);
});

test('stop runs once more and then never again', async () => {
  let runs = 0;
  const loop = new FlushLoop(
    100,
    async () => void (runs += 1),
    () => undefined,
  );
  loop.request();
  await loop.stop();
  loop.request();
  await jest.advanceTimersByTimeAsync(1_000);
  expect(runs).toBe(1);
});
