import { describe, expect, it } from '@jest/globals';
import { renderPicture, type PictureParts } from '../src/picture.js';
import { storeRow } from './rows.js';

const size = { width: 120, height: 40, colour: false };
const dataAsOf = new Date('2026-06-01T12:00:07Z');

function parts(differs: Partial<PictureParts> = {}): PictureParts {
  const rows = [
    storeRow(),
    storeRow({ storeId: 's2', currency: 'EUR', grossMinor: 100n }),
    storeRow({ storeId: 's3', grossMinor: 44n }),
  ];
  return {
    snapshot: { rows, dataAsOf, businessDate: null },
    stale: false,
    troubles: [],
    happenings: [],
    replay: false,
    ...differs,
  };
}

describe('the picture', () => {
  it('has totals of each currency apart', () => {
    const text = renderPicture(parts(), size);
    expect(text).toContain('EUR  10 sales  revenue €1.00');
    expect(text).toContain('USD  20 sales  revenue $1,235.00');
  });

  it('says as of when, and of which date in a replay', () => {
    expect(renderPicture(parts(), size)).toMatch(/Data as of \d\d:\d\d:07; figures of each store's today/);
    const snapshot = { rows: [storeRow()], dataAsOf, businessDate: '2017-11-22' };
    expect(renderPicture(parts({ snapshot, replay: true }), size)).toContain('business date 2017-11-22');
  });

  it('shows no store green when the database does not answer', () => {
    const text = renderPicture(parts({ stale: true }), size);
    expect(text).not.toContain('● connected');
    expect(text).toContain('? unknown');
    expect(text).toContain('the database does not answer');
  });

  it('says what is wrong with HQ itself, and what is done to the stores', () => {
    const happenings = [{ at: dataAsOf, where: 'Boise', text: 'the line is cut' }];
    const text = renderPicture(parts({ troubles: ['Collector ended (SIGKILL)'], happenings }), size);
    expect(text).toContain('Collector ended (SIGKILL)');
    expect(text).toContain('Boise: the line is cut');
  });

  it('fits the height of the terminal', () => {
    const rows = Array.from({ length: 200 }, (_, index) => storeRow({ storeId: `s${index}` }));
    const text = renderPicture(parts({ snapshot: { rows, dataAsOf, businessDate: null } }), {
      ...size,
      height: 20,
    });
    expect(text.split('\n').length).toBeLessThanOrEqual(20);
  });
});
