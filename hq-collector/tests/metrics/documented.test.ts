import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fleetFamilies } from '../../src/metrics/fleet-families.js';
import { storeFamilies } from '../../src/metrics/store-families.js';

/** Rows of the tables in docs/metrics.md above "Process metrics": metric, type, labels. */
function documented(): string[] {
  const path = fileURLToPath(new URL('../../../docs/metrics.md', import.meta.url));
  const [stores] = readFileSync(path, 'utf8').split(/^## Process metrics/m);
  return [...stores!.matchAll(/^\| `(\w+)` +\| (\w+) +\| ([^|]*) \|/gm)].map(
    ([, name, type, labels]) => `${name} ${type} ${labels!.replaceAll('`', '').trim()}`,
  );
}

test('docs/metrics.md and the code name the same store metrics, with type and labels', () => {
  const exported = [...fleetFamilies, ...storeFamilies].map(
    ({ name, type, labels }) => `${name} ${type} ${labels.join(', ')}`,
  );
  expect(documented().toSorted()).toEqual(exported.toSorted());
});
