import { describe, expect, it } from '@jest/globals';
import { demoChain } from '../src/demo-chain.js';

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

  it('puts each incident on one store of twelve', () => {
    const incidents = demoChain(12).flatMap(({ incident }) => incident ?? []);
    expect(new Set(incidents).size).toBe(6);
    expect(incidents).toHaveLength(6);
  });

  it('has two currencies and many time zones', () => {
    const chain = demoChain(12);
    expect(new Set(chain.map(({ currency }) => currency))).toEqual(new Set(['USD', 'EUR']));
    expect(new Set(chain.map(({ timezone }) => timezone)).size).toBeGreaterThan(6);
  });
});
