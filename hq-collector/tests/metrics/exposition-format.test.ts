import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { familyHeader, formatValue, label } from '../../src/metrics/exposition-format.js';

test('label values read back as they were', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\\"\nn]*$/)), (value) => {
      const text = label('name', value);
      expect(text).not.toContain('\n');
      const [, escaped] = /^name="((?:[^\\"]|\\[\\"n])*)"$/s.exec(text)!;
      expect(escaped!.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))).toBe(value);
    }),
  );
});

test('HELP has its backslashes and line breaks escaped, its quotes not', () => {
  expect(familyHeader({ name: 'a', type: 'gauge', help: 'x\\y\n"z"' })).toBe(
    '# HELP a x\\\\y\\n"z"\n# TYPE a gauge\n',
  );
});

test.each([
  [0, '0'],
  [1_795_000_000.123, '1795000000.123'],
  [-0.5, '-0.5'],
  [1e21, '1e+21'],
  [Infinity, '+Inf'],
  [-Infinity, '-Inf'],
  [NaN, 'NaN'],
])('the value %d is written %s', (value, text) => expect(formatValue(value)).toBe(text));
