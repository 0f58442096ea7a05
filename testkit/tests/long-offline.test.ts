import { expect, test } from '@jest/globals';
import { dayDifferences } from '../src/day-figures.js';
import { faultsOf, memoryFaultsOf } from '../src/long-offline/faults.js';
import { heldGrowth, residentGrowth } from '../src/long-offline/flat-memory.js';
import { runLongOffline } from '../src/long-offline/long-offline.js';
import { plotMemory } from '../src/long-offline/memory-plot.js';
import { memoryIsReadable, type MemorySample } from '../src/long-offline/memory-recorder.js';
import { daysOf, yearsBefore } from '../src/long-offline/trade.js';
import { madeUpTrade } from './made-up-trade.js';

/** The last is a night of 25 hours. */
const dates = ['2017-01-01', '2017-07-04', '2017-11-05'];
const maxBatchBytes = 16 * 1_024;
const bytesPerMiB = 1_024 ** 2;

if (!memoryIsReadable)
  process.stderr.write('SKIPPED: no /proc, so the memory of a long offline store and of HQ is not read.\n');
(memoryIsReadable ? test : test.skip)(
  'days sold while HQ was away come over 1 Mbit/s, split, each on its date',
  async () => {
    const trade = madeUpTrade(dates, 40);
    const report = await runLongOffline({
      backlogs: [
        { trade, recordsPerRequest: 1 },
        { trade: yearsBefore(trade, 2), recordsPerRequest: 2 },
      ],
      maxBatchBytes,
      sampleEveryMs: 20,
      say: () => undefined,
    });
    expect(faultsOf(report)).toEqual([]);
    expect(report.backlogs.map(({ sold: { dates, records } }) => ({ dates, records }))).toEqual([
      { dates: 3, records: 144 },
      { dates: 6, records: 288 },
    ]);
    for (const { pushed } of report.backlogs)
      expect(pushed.largestBatchBytes).toBeLessThanOrEqual(maxBatchBytes);
    for (const { sold, pushed } of report.backlogs)
      for (const bytes of [...Object.values(sold.heldBytes), ...Object.values(pushed.heldBytes)])
        expect(bytes).toBeGreaterThan(bytesPerMiB);
    for (const index of report.gauges.keys()) {
      const readings = report.samples.map(({ bytes }) => bytes[index]!);
      expect(Math.max(...readings.filter((bytes) => !Number.isNaN(bytes)))).toBeGreaterThan(bytesPerMiB);
    }
    const svg = plotMemory(report.gauges, report.samples, new Map([['1 sold', 'sold & kept']]));
    expect(svg.match(/<polyline/g)).toHaveLength(2 * report.gauges.length);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  },
  90_000,
);

test('memory that grows is not flat, memory that swings is, and few readings say nothing', () => {
  const faults = (readings: number, bytesAt: (share: number) => number) => {
    const samples = Array.from({ length: readings }, (_, index): MemorySample => {
      return { atMs: index, phase: '2 pushed', bytes: [bytesAt(index / readings)] };
    });
    return memoryFaultsOf({ growths: [residentGrowth('agent', samples, '2 pushed', 0)] });
  };
  expect(faults(150, (share) => 100 + 200 * share)).toHaveLength(1);
  expect(faults(150, (share) => 100 + 10 * Math.sin(share * 100))).toEqual([]);
  expect(faults(150, (share) => (share < 0.3 ? 50 : 100))).toEqual([]);
  expect(faults(25, () => 100)).toHaveLength(1);
  expect(faults(150, () => NaN)).toHaveLength(1);
  expect(memoryFaultsOf({ growths: [heldGrowth('agent', 20, 21)] })).toEqual([]);
  expect(memoryFaultsOf({ growths: [heldGrowth('agent', 20, 25)] })).toHaveLength(1);
  expect(memoryFaultsOf({ growths: [heldGrowth('agent', NaN, 20)] })).toHaveLength(1);
});

test('a year moved back is as many other dates, and weekdays stay', () => {
  const trade = madeUpTrade(['2017-01-01', '2018-01-01'], 2);
  const moved = yearsBefore(trade, 2);
  const all = [...trade.perDay.keys(), ...moved.perDay.keys()];
  expect(new Set(all).size).toBe(6);
  expect(all.map((date) => new Date(date).getUTCDay())).toEqual([0, 1, 0, 1, 0, 1]);
  expect(moved.sales.map(({ completedAtLocal }) => completedAtLocal.slice(0, 10))).toEqual(
    [...moved.perDay.keys()].flatMap((date) => [date, date]),
  );
});

test('a day that differs, lacks or should not be is named', () => {
  const truth = daysOf(madeUpTrade(dates, 5));
  const [first, second, third] = truth as [(typeof truth)[0], (typeof truth)[0], (typeof truth)[0]];
  expect(dayDifferences(truth, truth)).toEqual([]);
  expect(dayDifferences([{ ...first, taxMinor: first.taxMinor + 1 }, second, third], truth)).toHaveLength(1);
  expect(dayDifferences([first, second], truth)).toHaveLength(1);
  expect(dayDifferences([first, second, { ...third, currency: 'CAD' }], truth)).toHaveLength(2);
});
