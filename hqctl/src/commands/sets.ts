import type { ApiCommand, Argument, Row } from '../command.js';
import { count, names } from '../output/format.js';
import { card, table, type View } from '../output/view.js';

const set: Argument = { param: 'set', name: 'SET', summary: 'name of the set' };

const counted = (row: Row): Row => ({ ...row, stores: (row['storeIds'] as readonly string[]).length });

const view = (row: Row): View => [
  card(
    [
      { head: 'Set', field: 'set' },
      { head: 'Stores', field: 'storeIds', format: names },
    ],
    row,
  ),
];

export const sets: readonly ApiCommand[] = [
  {
    words: 'sets list',
    summary: 'The named sets of stores that HQ records can be for',
    call: 'GET /sets',
    examples: ['sets list'],
    view: ({ items }) => [
      table(
        [
          { head: 'Set', field: 'set', maxChars: 30 },
          { head: 'Stores', field: 'stores', format: count, right: true },
          { head: 'Which', field: 'storeIds', format: names, maxChars: 50 },
        ],
        (items as readonly Row[]).map(counted),
        'No sets.',
      ),
    ],
  },
  {
    words: 'sets show',
    summary: 'One set with its stores',
    call: 'GET /sets/{set}',
    arguments: [set],
    examples: ['sets show mountain'],
    view,
  },
  {
    words: 'sets put',
    summary: 'Make a set, or change its stores to these',
    details: 'Stores that join get its records; from those that leave they are deleted.',
    call: 'PUT /sets/{set}',
    arguments: [set, { param: 'storeIds', name: 'STORE', summary: 'ids of its stores', variadic: true }],
    body: ({ storeIds }) => ({ storeIds }),
    examples: ['sets put mountain main-street high-street'],
    view,
  },
];
