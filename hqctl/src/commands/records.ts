import type { ApiCommand } from '../command.js';
import { count } from '../output/format.js';
import { card } from '../output/view.js';

export const records: readonly ApiCommand[] = [
  {
    words: 'records upload',
    summary: 'Change HQ records in bulk: a file with a JSON object in each line, all or none',
    details:
      'A line is {"id", "data"}, with {"set"} for some stores only, or {"id", "deleted": true}. From stdin it is sent once; a file is sent again when the line breaks.',
    call: 'POST /entities/{entity}/records',
    arguments: [
      { param: 'entity', name: 'ENTITY', summary: 'kind of record, e.g. products' },
      { param: 'file', name: 'FILE', summary: 'the lines; - is stdin', file: true },
    ],
    lines: ({ file }) => file,
    examples: ['records upload products products.ndjson'],
    view: (row) => [
      card(
        [
          { head: 'Lines', field: 'lines', format: count },
          { head: 'Changed', field: 'changed', format: count },
          { head: 'Deleted', field: 'deleted', format: count },
          { head: 'Unchanged', field: 'unchanged', format: count },
        ],
        row,
      ),
    ],
  },
];
