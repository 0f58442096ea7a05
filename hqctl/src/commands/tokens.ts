import { pick, scopeOf, scopeOptions, wholeNumber, type ApiCommand, type Option } from '../command.js';
import { age, time, yesNo } from '../output/format.js';
import { card, sentence, table, type Column } from '../output/view.js';
import { storeArgument, storesText } from './stores.js';

const columns: readonly Column[] = [
  { head: 'Token', field: 'tokenId' },
  { head: 'State', field: 'state' },
  { head: 'In use', field: 'inUse', format: yesNo },
  { head: 'Created', field: 'createdAt', format: age, right: true },
  { head: 'By', field: 'createdBy', maxChars: 16, leaveOut: 2 },
  { head: 'Used', field: 'lastUsedAt', format: age, right: true, leaveOut: 1 },
  { head: 'Expires', field: 'expiresAt', format: age, right: true },
];

const expiry: Option = {
  flags: '--expires-in-days <days>',
  summary: 'left out: it does not expire',
  parse: wholeNumber,
};
const rotation: readonly Option[] = [
  {
    flags: '--grace-minutes <minutes>',
    summary: 'the old token works so long once the new one was used (default: 60)',
    parse: wholeNumber,
  },
  expiry,
];

export const tokens: readonly ApiCommand[] = [
  {
    words: 'tokens list',
    summary: "A store's tokens, newest first; never their secrets",
    call: 'GET /stores/{storeId}/tokens',
    arguments: [storeArgument],
    examples: ['tokens list main-street'],
    view: ({ items }) => [table(columns, items, 'The store has no token.')],
  },
  {
    words: 'tokens find',
    summary: 'Tokens of all stores: old ones in use, or those that expire soon',
    call: 'GET /tokens',
    options: [
      { flags: '--old', summary: 'in use, though the store has a newer one' },
      {
        flags: '--expires-in-days <days>',
        summary: 'in use, and expiring within so many',
        parse: wholeNumber,
      },
    ],
    query: ['old', 'expiresInDays'],
    pages: 'some',
    examples: ['tokens find', 'tokens find --expires-in-days 30'],
    view: ({ items }) => [
      table([{ head: 'Store', field: 'storeId', maxChars: 20 }, ...columns], items, 'No such tokens.'),
    ],
  },
  {
    words: 'tokens generate',
    summary: 'Make a sync token; its secret is shown once and never again',
    call: 'POST /stores/{storeId}/tokens',
    arguments: [storeArgument],
    options: [
      {
        flags: '--overlap-minutes <minutes>',
        summary: 'older tokens work so long still (default: 60)',
        parse: wholeNumber,
      },
      expiry,
    ],
    body: (given) => pick(given, 'overlapMinutes', 'expiresInDays'),
    examples: ['tokens generate main-street'],
    view: (token) => [
      card(
        [
          { head: 'Token', field: 'tokenId' },
          { head: 'Secret', field: 'token' },
          { head: 'Expires', field: 'expiresAt', format: time },
        ],
        token,
      ),
      sentence('Keep the secret now: nobody can show it again.'),
    ],
  },
  {
    words: 'tokens rotate',
    summary: 'Have the store server make its next token by itself',
    details: 'Waits for the store when that is offline. The old token works until the new one was used.',
    call: 'POST /stores/{storeId}/tokens/rotate',
    arguments: [storeArgument],
    options: rotation,
    body: (given) => pick(given, 'graceMinutes', 'expiresInDays'),
    examples: ['tokens rotate main-street'],
    view: ({ commandId }) => [sentence(`The store is told. Command ${String(commandId)}.`)],
  },
  {
    words: 'tokens rotate-many',
    summary: 'The same for the stores of a region, or all',
    call: 'POST /token-rotations',
    options: [...scopeOptions, ...rotation],
    body: (given) => ({ scope: scopeOf(given), ...pick(given, 'graceMinutes', 'expiresInDays') }),
    confirm: ({ all }) => (all ? 'Rotate the tokens of all stores?' : undefined),
    examples: ['tokens rotate-many --region West'],
    view: ({ stores }) => [
      sentence(`The store servers of ${storesText(Number(stores))} make their next token.`),
    ],
  },
  {
    words: 'tokens revoke',
    summary: 'Revoke a token; the connection that came in with it is cut at once',
    call: 'DELETE /stores/{storeId}/tokens/{tokenId}',
    arguments: [storeArgument, { param: 'tokenId', name: 'TOKEN', summary: 'id of the token' }],
    confirm: ({ storeId, tokenId }) =>
      `Revoke token ${tokenId} of ${storeId}? It works nowhere from then on.`,
    examples: ['tokens revoke main-street TOKEN_ID --yes'],
    view: ({ tokenId, state }) => [sentence(`Token ${String(tokenId)} is ${String(state)}.`)],
  },
];
