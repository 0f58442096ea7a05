import { describe, expect, test } from '@jest/globals';
import { BatchSize } from '../src/batch-size.js';
import { RetrySchedule, type RetryWait } from '../src/retry-schedule.js';
import { retryAfterMs } from '../src/push-verdict.js';

const wait = (changes: Partial<RetryWait>): RetryWait => ({
  kind: 'wait',
  scope: 'store',
  reason: 'network',
  wait: 'backoff',
  code: 'x',
  message: '',
  halve: false,
  ...changes,
});

describe('whose turn it is', () => {
  test('entities with pending records take turns', () => {
    const schedule = new RetrySchedule();
    const turns = Array.from({ length: 5 }, () => schedule.next(['a', 'b', 'c'], 0));
    expect(turns).toEqual(['a', 'b', 'c', 'a', 'b'].map((entity) => ({ entity })));
  });

  test('nothing pending waits for a wake-up alone', () => {
    expect(new RetrySchedule().next([], 0)).toEqual({ waitMs: Infinity });
  });

  test('a failure of one entity holds that one, of the store all', () => {
    const schedule = new RetrySchedule(() => 0.5);
    schedule.failed('a', wait({ scope: 'entity', reason: 'entity', wait: 'slow' }), 0);
    expect(schedule.next(['a', 'b'], 1)).toEqual({ entity: 'b' });
    schedule.failed('b', wait({ reason: 'overloaded', wait: { ms: 5_000 } }), 0);
    expect(schedule.next(['a', 'b'], 1_000)).toEqual({ waitMs: 4_000 });
    expect(schedule.attempt('b')).toBe(1);
    schedule.endWaits(['network', 'token']);
    expect(schedule.next(['a', 'b'], 1_000)).toEqual({ waitMs: 4_000 });
    schedule.endWaits('all');
    expect(schedule.next(['a', 'b'], 1_000)).toEqual({ entity: 'a' });
  });

  test('a wait grows to 30 s, starts afresh after a success, and is never under 250 ms', () => {
    const schedule = new RetrySchedule();
    let last = 0;
    for (let n = 0; n < 20; n += 1) {
      schedule.failed('a', wait({}), 0);
      last = schedule.nextTryMs('a') ?? 0;
      expect(last).toBeGreaterThanOrEqual(250);
      expect(last).toBeLessThanOrEqual(30_000);
    }
    expect(last).toBeGreaterThan(15_000);
    expect(schedule.attempt('a')).toBe(20);
    schedule.succeeded('a');
    expect(schedule.nextTryMs('a')).toBeNull();
    schedule.failed('a', wait({}), 0);
    expect(schedule.nextTryMs('a')).toBeLessThan(5_000);
    schedule.succeeded('a');
    schedule.failed('a', wait({ wait: { ms: 0 } }), 0);
    expect(schedule.nextTryMs('a')).toBe(250);
  });
});

describe('how many records go into a batch', () => {
  test('halves down to one and doubles slowly up to the limit', () => {
    const size = new BatchSize();
    const sizes: number[] = [];
    for (let sent = size.under(500); sent > 1; sent = size.under(500)) {
      size.split(sent);
      sizes.push(size.under(500));
    }
    expect(sizes).toEqual([250, 125, 62, 31, 15, 7, 3, 1]);
    const grown = Array.from({ length: 40 }, () => {
      size.taken(500);
      return size.under(500);
    });
    expect(grown.slice(0, 6)).toEqual([1, 1, 2, 2, 2, 4]);
    expect(grown.at(-1)).toBe(500);
  });

  test('stops before the line that HQ named', () => {
    const size = new BatchSize();
    size.split(100, 40);
    expect(size.under(500)).toBe(39);
    size.split(39, 1);
    expect(size.under(500)).toBe(1);
  });
});

test('Retry-After is seconds or a date, and bounded', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');
  expect(retryAfterMs('7')).toBe(7_000);
  expect(retryAfterMs('Mon, 23 Nov 2026 12:00:30 GMT', undefined, now)).toBe(30_000);
  expect(retryAfterMs('Mon, 23 Nov 2026 11:00:00 GMT', undefined, now)).toBe(0);
  expect(retryAfterMs('99999999')).toBe(300_000);
  expect(retryAfterMs('soon', 4)).toBe(4_000);
  expect(retryAfterMs(undefined)).toBeNull();
});
