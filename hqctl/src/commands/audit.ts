import type { ApiCommand } from '../command.js';
import { json, localTime } from '../output/format.js';
import { table } from '../output/view.js';
import { since } from '../values.js';
import { storeOption } from './stores.js';

export const audit: readonly ApiCommand[] = [
  {
    words: 'audit list',
    summary: 'Who changed what, newest first',
    call: 'GET /audit',
    options: [
      storeOption,
      { flags: '--actor <name>', summary: 'only by this person or program' },
      { flags: '--action <action>', summary: 'only this, e.g. token.generate' },
      { flags: '--since <time>', summary: 'from this time on, or so long ago: 2h, 3d', parse: since },
    ],
    query: ['storeId', 'actor', 'action', 'since'],
    pages: 'some',
    examples: ['audit list --store-id main-street --since 2h'],
    view: ({ items }) => [
      table(
        [
          { head: 'At', field: 'at', format: localTime },
          { head: 'Who', field: 'actor', maxChars: 20 },
          { head: 'What', field: 'action', maxChars: 22 },
          { head: 'Store', field: 'storeId', maxChars: 16 },
          { head: 'Detail', field: 'detail', format: json, maxChars: 28 },
        ],
        items,
        'Nothing of the kind.',
      ),
    ],
  },
];
