import { describe, expect, test } from '@jest/globals';
import type { ConnectionEnd } from '../src/connection.js';
import { Reconnect, reconnectRule } from '../src/reconnect.js';

const closed = (closeCode: number, changes: Partial<ConnectionEnd> = {}): ConnectionEnd => ({
  how: 'closed',
  welcomed: true,
  lastedMs: 60_000,
  closeCode,
  message: '',
  ...changes,
});
const refused = (httpStatus: number, retryAfterMs?: number): ConnectionEnd => ({
  how: 'refused',
  welcomed: false,
  lastedMs: 5,
  httpStatus,
  message: '',
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});
const failed: ConnectionEnd = { how: 'failed', welcomed: false, lastedMs: 2, message: 'ECONNREFUSED' };

describe('how long a store stays away', () => {
  test.each([
    ['rejected token on the socket', closed(4401), 15_000, 30_000],
    ['rejected token at the upgrade', refused(401), 15_000, 30_000],
    ['another store', closed(4403), 15_000, 30_000],
    ['replaced by a newer connection', closed(4409), 60_000, 75_000],
    ['flooding', closed(4429), 60_000, 75_000],
    ['good-bye', closed(1012, { goodbyeMs: 7_000 }), 7_000, 7_000],
    ['overloaded with Retry-After', refused(503, 9_000), 9_000, 9_000],
  ])('%s', (_what, end, minMs, maxMs) => {
    expect(reconnectRule(end)).toEqual({ minMs, maxMs });
  });

  test('a lost connection is tried again within 250 ms', () => {
    for (let n = 0; n < 50; n += 1) {
      const waitMs = new Reconnect().waitAfter(closed(1006));
      expect(waitMs).toBeGreaterThanOrEqual(50);
      expect(waitMs).toBeLessThanOrEqual(250);
    }
  });

  test('failures in a row grow to at most 4 s, and differ from store to store', () => {
    const waits = Array.from({ length: 20 }, () => {
      const reconnect = new Reconnect();
      return Array.from({ length: 12 }, () => reconnect.waitAfter(failed));
    });
    for (const of of waits) {
      expect(Math.min(...of)).toBeGreaterThanOrEqual(250);
      expect(Math.max(...of)).toBeLessThanOrEqual(4_000);
      expect(of.at(-1)).toBeGreaterThan(2_500);
    }
    expect(new Set(waits.map((of) => of.at(-1))).size).toBeGreaterThan(15);
  });

  test('a welcome that does not last does not reset the growth', () => {
    const reconnect = new Reconnect();
    const waits = Array.from({ length: 12 }, () => reconnect.waitAfter(closed(1011, { lastedMs: 100 })));
    expect(waits.at(-1)).toBeGreaterThan(2_500);
    expect(reconnect.waitAfter(closed(1006))).toBeLessThanOrEqual(250);
  });
});
