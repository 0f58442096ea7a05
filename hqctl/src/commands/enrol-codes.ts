import { pick, wholeNumber, type ApiCommand } from '../command.js';
import { time } from '../output/format.js';
import { card, sentence } from '../output/view.js';
import { storeArgument } from './stores.js';

export const enrolCodes: readonly ApiCommand[] = [
  {
    words: 'enrol-codes create',
    summary: 'Make a code that a store server trades, once, for its token; the codes before it end',
    call: 'POST /stores/{storeId}/enrolment-codes',
    arguments: [storeArgument],
    options: [
      {
        flags: '--expires-in-minutes <minutes>',
        summary: 'for so long it can be used (default: a day)',
        parse: wholeNumber,
      },
      {
        flags: '--token-expires-in-days <days>',
        summary: 'of the token it becomes; left out: it does not expire',
        parse: wholeNumber,
      },
    ],
    body: (given) => pick(given, 'expiresInMinutes', 'tokenExpiresInDays'),
    examples: ['enrol-codes create main-street'],
    view: (code) => [
      card(
        [
          { head: 'Code', field: 'code' },
          { head: 'Expires', field: 'expiresAt', format: time },
        ],
        code,
      ),
      sentence('Keep the code now: nobody can show it again.'),
    ],
  },
];
