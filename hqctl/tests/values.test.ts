import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytes, duration, printable } from '../src/output/format.js';
import { render } from '../src/output/render.js';
import { table, type Column } from '../src/output/view.js';
import { dayHours, durationMs, instant, spans, writtenHours } from '../src/values.js';

describe('what a person types', () => {
  test('hours of days, together and alone', () => {
    const hours = { ...dayHours('mon-fri=08:00-12:00,13:00-18:00'), ...dayHours('sun=22:00-04:00') };
    expect(hours['fri']).toEqual([['08:00', '12:00'], ['13:00', '18:00']]); // prettier-ignore
    expect(writtenHours(hours)).toBe('mon-fri 08:00-12:00, 13:00-18:00; sat closed; sun 22:00-04:00');
    for (const wrong of ['fri-mon=08:00-10:00', 'day=08:00-10:00', 'mon=8-10', 'mon', ''])
      expect(() => dayHours(wrong)).toThrow();
    expect(() => spans('08:00')).toThrow();
  });

  test('times by this machine, or with an offset', () => {
    expect(instant('2026-12-24T18:00+02:00')).toBe('2026-12-24T16:00:00.000Z');
    expect(instant('2026-12-24 18:00')).toBe(new Date(2026, 11, 24, 18).toISOString());
    expect(instant('2026-12-24')).toBe(new Date(2026, 11, 24).toISOString());
    expect(durationMs('90m')).toBe(5_400_000);
    for (const wrong of ['tomorrow', '2026-13-01T00:00', '24.12.2026'])
      expect(() => instant(wrong)).toThrow();
    for (const wrong of ['90', '2w', '-1h']) expect(() => durationMs(wrong)).toThrow();
  });
});

describe('what a person sees', () => {
  test('sizes and durations in few characters', () => {
    expect([0, 999, 1_000, 1_549, 9_960, 999_600, 12e9].map((size) => bytes(size, {}))).toEqual(
      ['0 B', '999 B', '1.0 kB', '1.5 kB', '10 kB', '1.0 MB', '12 GB'], // prettier-ignore
    );
    expect([5, 99, 100, 7_200, 172_800].map((s) => duration(s, {}))).toEqual([
      '5 s',
      '99 s',
      '1 min',
      '2 h',
      '2 d',
    ]);
    fc.assert(fc.property(fc.nat({ max: 1e15 }), (size) => bytes(size, {}).length <= 7));
  });

  test('a table never wider than its place, the columns that may go gone, and nothing that a terminal obeys', () => {
    const columns: Column[] = [
      { head: 'Name', field: 'name', maxChars: 20 },
      ...[1, 2, 3].map((leaveOut) => ({ head: `C${leaveOut}`, field: 'text', maxChars: 20, leaveOut })),
    ];
    fc.assert(
      fc.property(
        fc.array(fc.record({ name: fc.string(), text: fc.string() })),
        fc.nat({ max: 80 }),
        (rows, room) => {
          const text = render([table(columns, rows, 'None.')], { width: 20 + room, colour: false });
          for (const line of text.split('\n')) expect([...line].length).toBeLessThanOrEqual(20 + room);
          // eslint-disable-next-line no-control-regex
          expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
        },
      ),
    );
    expect(printable('a\u001b[31mb\u009bc\nd')).toBe('a [31mb c d');
  });
});
