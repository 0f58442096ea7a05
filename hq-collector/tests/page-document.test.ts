import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LoopSlice } from '../src/metrics/loop-slice.js';
import { encoded } from '../src/page/encoded.js';
import { html } from '../src/page/html.js';
import { LiveDocument } from '../src/page/live-document.js';
import { sortInSlices } from '../src/page/sort-in-slices.js';

/** Pieces whose source is where they stand in the list. */
const newDocument = () => new LiveDocument((key, source) => html`<p data-sort="${source}">${key}</p>`);

const sources = fc.dictionary(fc.stringMatching(/^[a-f]{1,2}$/), fc.stringMatching(/^[0-9]{1,2}$/), {
  noNullPrototype: true,
});

test('whatever has changed, the pieces are in order, and who takes each difference has what is there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(sources, fc.boolean()), { maxLength: 10 }), async (steps) => {
      const document = newDocument();
      const seen = { version: undefined as number | undefined, pieces: new Map<string, string>() };
      for (const [now, looks] of steps) {
        await document.update(new Map(Object.entries(now)));
        const sorts = document.sorted().map(({ sort }) => sort);
        expect(sorts).toEqual(Object.values(now).toSorted());
        if (!looks) continue; // a viewer that is behind misses some versions
        const { version, whole, pieces } = document.since(seen.version);
        if (whole) seen.pieces.clear();
        for (const piece of pieces) seen.pieces.set(piece.key, piece.html);
        seen.version = version;
        const held = Object.fromEntries([...seen.pieces].map(([key]) => [key, document.html(key)]));
        expect(Object.fromEntries(seen.pieces)).toEqual(held);
        expect([...seen.pieces.keys()].toSorted()).toEqual(Object.keys(now).toSorted());
      }
    }),
  );
});

test('a long update gives way to the event loop, and shows nothing of itself before its end', async () => {
  const document = newDocument();
  const many = (sort: (n: number) => number) =>
    new Map(Array.from({ length: 20_000 }, (_, n) => [`piece ${n}`, String(sort(n)).padStart(5, '0')]));
  await document.update(many((n) => n));
  const before = document.sorted();
  let finished = false;
  const update = document.update(many((n) => (n * 7_919) % 20_000)).finally(() => (finished = true));
  let turns = 0;
  for (; !finished; turns++) {
    expect(document.sorted() === before && document.version === 1).toBe(true);
    await new Promise(setImmediate);
  }
  await update;
  expect(turns).toBeGreaterThan(2);
  expect(document.sorted().map(({ sort }) => Number(sort))).toEqual(before.map((_, n) => n));
});

test('what is sorted in slices is as it would be in one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(5_000), { maxLength: 3_000, size: 'max' }), async (numbers) => {
      const items = numbers.map((number, place) => ({ number, place }));
      const sorted = await sortInSlices(items, (a, b) => a.number < b.number, new LoopSlice());
      expect(sorted).toEqual(items.toSorted((a, b) => a.number - b.number));
    }),
    { numRuns: 30 },
  );
});

test('a text in buffers is the text, however long, and no character is cut in two', async () => {
  const row = html`<p>${'Café 東京 🏪 & <Söhne>'}</p>`;
  const page = html`<main>${Array.from({ length: 20_000 }, () => row)}</main>`;
  const buffers = [...encoded(page.parts)];
  expect(buffers.length).toBeGreaterThan(5);
  const whole = `<main>${row.toString().repeat(20_000)}</main>`;
  expect(Buffer.concat(buffers).equals(Buffer.from(whole))).toBe(true);
  for (const buffer of buffers) expect(buffer.toString()).not.toContain('\ufffd');
});
