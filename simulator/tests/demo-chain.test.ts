import { describe, expect, it } from '@jest/globals';
import { demoChain } from '../src/demo-chain.js';
import { fleetIncidents, storeIncidents } from '../src/incident-name.js';
import { demoProgramme } from '../src/programme.js';

describe('the demo chain', () => {
  it('has the wanted stores, and one without a store server', () => {
    for (const count of [1, 12, 45]) {
      const chain = demoChain(count);
      expect(chain.filter(({ hasServer }) => hasServer)).toHaveLength(count);
      expect(chain).toHaveLength(count + 1);
      expect(new Set(chain.map(({ storeId }) => storeId)).size).toBe(count + 1);
      expect(new Set(chain.map(({ name }) => name)).size).toBe(count + 1);
      expect(chain.at(-1)?.incident).toBeUndefined();
    }
  });

  it('puts each incident of one store on one of twelve, and those of the fleet on several', () => {
    const chain = demoChain(12);
    expect(chain.flatMap(({ incident }) => incident ?? []).sort()).toEqual([...storeIncidents].sort());
    for (const fleetIncident of fleetIncidents) {
      const stores = chain.filter((store) => store.fleetIncidents.includes(fleetIncident));
      expect(stores.length).toBeGreaterThan(2);
      expect(stores.every(({ hasServer }) => hasServer)).toBe(true);
    }
    const cut = chain.filter((store) => store.fleetIncidents.includes('region-cut'));
    expect(new Set(cut.map(({ region }) => region)).size).toBe(1);
    expect(chain.filter(({ region }) => region === cut[0]?.region)).toHaveLength(cut.length);
  });

  it('goes through each incident but a restored HQ, and those that several stores go through alone', () => {
    const played = demoProgramme.flatMap((act) => act.map(({ incident }) => incident));
    const named = [...storeIncidents, ...fleetIncidents].filter((incident) => incident !== 'hq-restored');
    expect(played.toSorted()).toEqual(named.sort());
    const isFleet = (incident: string) => fleetIncidents.some((name) => name === incident);
    for (const act of demoProgramme.filter((one) => one.some(({ incident }) => isFleet(incident))))
      expect(act).toHaveLength(1);
  });

  it('has stores that switch off at night, each with a night', () => {
    const sleepers = demoChain(48).filter(({ switchesOff }) => switchesOff);
    expect(sleepers).toHaveLength(4);
    for (const { openingHours, incident } of sleepers)
      expect([openingHours === null, incident]).toEqual([false, undefined]);
  });

  it('has two currencies and many time zones', () => {
    const chain = demoChain(12);
    expect(new Set(chain.map(({ currency }) => currency))).toEqual(new Set(['USD', 'EUR']));
    expect(new Set(chain.map(({ timezone }) => timezone)).size).toBeGreaterThan(6);
  });
});
