import { expect, test } from '@jest/globals';
import { readStrictly, valueOf } from './strict-text.js';

const gauge = (samples: string) => `# HELP a It is.\n# TYPE a gauge\n${samples}`;
const histogram = (samples: string) => `# HELP h It is.\n# TYPE h histogram\n${samples}`;

test('what is right is read', () => {
  const families = readStrictly(
    `${gauge('a{x="1",y="q\\"\\\\\\n"} -1.5e-7\na NaN\n')}\n${histogram(
      'h_bucket{le="0.1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3.5\nh_count 2\n',
    )}`,
  );
  expect(valueOf(families, 'a', { x: '1', y: 'q"\\\n' })).toBe(-1.5e-7);
  expect(valueOf(families, 'a')).toBeNaN();
  expect(valueOf(families, 'h_bucket', { le: '+Inf' })).toBe(2);
  expect(valueOf(families, 'h_count')).toBe(2);
  expect(valueOf(families, 'a', { x: '1' })).toBeUndefined();
});

// A reader that takes everything would prove nothing.
test.each([
  ['no line break at the end', gauge('a 1')],
  ['a sample without a head', 'a 1\n'],
  ['a sample in another family', gauge('b 1\n')],
  ['TYPE without HELP', '# TYPE a gauge\na 1\n'],
  ['HELP without TYPE', '# HELP a It is.\na 1\n'],
  ['a family in two pieces', `${gauge('a 1\n')}${histogram('')}${gauge('a{x="1"} 1\n')}`],
  ['a series twice', gauge('a{x="1",y="2"} 1\na{y="2",x="1"} 2\n')],
  ['a label twice', gauge('a{x="1",x="2"} 1\n')],
  ['a label name that is none', gauge('a{x-y="1"} 1\n')],
  ['an unknown escape', gauge('a{x="\\t"} 1\n')],
  ['a quote that is not escaped', gauge('a{x="""} 1\n')],
  ['a comma at the end', gauge('a{x="1",} 1\n')],
  ['a value that is none', gauge('a undefined\n')],
  ['a line break inside of a label', gauge('a{x="1\n2"} 1\n')],
  ['a gauge called like a counter', '# HELP a_total It is.\n# TYPE a_total gauge\na_total 1\n'],
  ['a counter called like a gauge', '# HELP a It is.\n# TYPE a counter\na 1\n'],
  ['a counter below 0', '# HELP a_total It is.\n# TYPE a_total counter\na_total -1\n'],
  ['a counter that is not a number', '# HELP a_total It is.\n# TYPE a_total counter\na_total NaN\n'],
  ['buckets that fall', histogram('h_bucket{le="1"} 3\nh_bucket{le="+Inf"} 2\nh_sum 1\nh_count 2\n')],
  ['buckets without +Inf', histogram('h_bucket{le="1"} 2\nh_sum 1\nh_count 2\n')],
  ['a count beside the buckets', histogram('h_bucket{le="+Inf"} 2\nh_sum 1\nh_count 3\n')],
])('%s is refused', (_, text) => expect(() => readStrictly(text)).toThrow());
