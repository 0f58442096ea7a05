import { describe, expect, it } from '@jest/globals';
import { age, renderTable, type TableOptions } from '../src/table.js';
import { storeRow } from './rows.js';

const now = new Date('2026-06-01T12:00:07Z');
const options: TableOptions = { width: 120, maxRows: 100, colour: false, now };

const longest = (text: string): number => Math.max(...text.split('\n').map((line) => [...line].length));

describe('the table', () => {
  it('says all of a store in one line', () => {
    const lines = renderTable([storeRow()], options).split('\n');
    expect(lines[0]).toMatch(
      /^Store +Status +Reason +Synced +Err +Queue +Sales +Revenue +Tax +Disc\. +Voids +Tills +Local$/,
    );
    expect(lines[2]).toMatch(
      /^Denver ● connected +7 s +0 +0 +10 \$1,234\.56 \$7\.00 \$0\.50 1 \$9\.99 +2 06:00$/,
    );
    expect(lines).toHaveLength(3);
  });

  it('puts the worst first', () => {
    const rows = [
      storeRow({ storeId: 'a', name: 'Fine' }),
      storeRow({ storeId: 'b', name: 'None', status: 'no_server' }),
      storeRow({ storeId: 'c', name: 'Failing', errorsOpen: 3 }),
      storeRow({ storeId: 'd', name: 'Dark', status: 'unknown', reason: 'no collector' }),
      storeRow({
        storeId: 'e',
        name: 'Shut',
        status: 'disconnected',
        reason: 'socket closed',
        expectedOnline: false,
      }),
      storeRow({ storeId: 'f', name: 'Gone', status: 'disconnected', reason: 'network silent' }),
    ];
    const lines = renderTable(rows, options).split('\n').slice(2);
    expect(lines.map((line) => line.split(' ')[0])).toEqual([
      'Gone',
      'Shut',
      'Dark',
      'Failing',
      'Fine',
      'None',
    ]);
    expect(lines[0]).toContain('✖ disconnected network silent');
  });

  it('never is wider than the terminal, and leaves whole columns out instead', () => {
    const rows = [
      storeRow({
        name: 'A name that is far too long',
        status: 'disconnected',
        reason: 'duplicate store server',
        grossMinor: 10n ** 11n,
      }),
      storeRow({
        currency: 'JPY',
        grossMinor: 987_654_321n,
        taxMinor: 99_999n,
        discountMinor: 99_999n,
        voidMinor: 99_999n,
        pending: 123_456,
      }),
    ];
    for (const width of [120, 100, 80, 60, 40]) {
      const text = renderTable(rows, { ...options, width });
      expect(longest(text)).toBeLessThanOrEqual(width);
      expect(text).toContain('disconnected');
      expect(text.split('\n')).toHaveLength(4);
    }
    expect(renderTable(rows, { ...options, width: 80 })).not.toContain('Tills');
    expect(renderTable(rows, { ...options, width: 80 })).toContain('Revenue');
  });

  it('is coloured only where it may be', () => {
    const escape = '\u001b[';
    expect(renderTable([storeRow()], options)).not.toContain(escape);
    const coloured = renderTable([storeRow()], { ...options, colour: true });
    expect(coloured).toContain(`${escape}32m● connected`);
  });

  it('says how many stores it leaves out', () => {
    const rows = Array.from({ length: 30 }, (_, index) => storeRow({ storeId: `s${index}` }));
    expect(renderTable(rows, { ...options, maxRows: 10 })).toContain('… and 20 more');
  });
});

describe('an age', () => {
  it('has one unit', () => {
    const ago = (seconds: number): string => age(now, new Date(now.getTime() - seconds * 1_000));
    expect([0, 99, 100, 5_999, 6_000, 172_800].map(ago)).toEqual([
      '0 s',
      '99 s',
      '1 min',
      '99 min',
      '1 h',
      '2 d',
    ]);
    expect(ago(-5)).toBe('0 s');
  });
});
