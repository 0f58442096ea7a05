import { describe, expect, it } from '@jest/globals';
import { everyDay, isOpen } from '../src/opening-hours.js';

const at = (iso: string): Date => new Date(iso);

describe('opening hours', () => {
  it("are of the store's own clock", () => {
    const hours = everyDay('09:00', '18:00');
    expect(isOpen(hours, 'America/Denver', at('2026-06-01T15:00:00Z'))).toBe(true);
    expect(isOpen(hours, 'America/Denver', at('2026-06-01T14:59:00Z'))).toBe(false);
    expect(isOpen(hours, 'Europe/Berlin', at('2026-06-01T16:00:00Z'))).toBe(false);
  });

  it('may run past midnight', () => {
    const hours = everyDay('20:00', '02:00');
    expect(isOpen(hours, 'UTC', at('2026-06-01T01:59:00Z'))).toBe(true);
    expect(isOpen(hours, 'UTC', at('2026-06-01T02:00:00Z'))).toBe(false);
    expect(isOpen(hours, 'UTC', at('2026-06-01T20:00:00Z'))).toBe(true);
  });

  it('leave a store without any open for ever', () => {
    expect(isOpen(null, 'UTC', new Date())).toBe(true);
  });
});
