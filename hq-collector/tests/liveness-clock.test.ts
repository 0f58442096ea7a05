import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LivenessClock, probe } from '../src/fleet/liveness-clock.js';

const rule = { pingIntervalMs: 4_000, silenceLimitMs: 8_000 };

test('time in which this process was late is not held against a store', () => {
  let nowMs = 0;
  const clock = new LivenessClock(350, () => nowMs);
  nowMs += 250;
  expect(clock.tick()).toBe(0);
  nowMs += 20_000; // a stall: bytes that came meanwhile are unread
  expect(clock.tick()).toBe(19_650);
  expect(clock.now()).toBe(600);
  expect(probe(clock.now(), 0, rule)).toBe('none');
});

test('a silent store is given up after the limit and not before, however late the ticks are', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 200, max: 30_000 }), { minLength: 40, maxLength: 80 }),
      (stepsMs) => {
        let nowMs = 0;
        const clock = new LivenessClock(350, () => nowMs);
        for (const stepMs of stepsMs) {
          nowMs += stepMs;
          clock.tick();
          if (probe(clock.now(), 0, rule) === 'give_up') {
            expect(nowMs).toBeGreaterThanOrEqual(rule.silenceLimitMs);
            return;
          }
        }
        expect(clock.now()).toBeLessThan(rule.silenceLimitMs);
      },
    ),
  );
});

test('a store is pinged once an interval, busy or quiet, until it is given up', () => {
  expect(probe(0, 3_999, rule)).toBe('none');
  expect(probe(0, 4_000, rule)).toBe('ping');
  expect(probe(4_250, 250, rule)).toBe('none');
  expect(probe(8_000, 4_000, rule)).toBe('give_up');
});
