import { roles } from '@hq-sync/hq-collector/admin/endpoint';
import { pick, wholeNumber, type ApiCommand } from '../command.js';
import { age, time, yesNo } from '../output/format.js';
import { card, sentence, table } from '../output/view.js';

export const adminTokens: readonly ApiCommand[] = [
  {
    words: 'admin-tokens list',
    summary: 'Tokens of the admin API, newest first; never their secrets',
    call: 'GET /admin-tokens',
    examples: ['admin-tokens list'],
    view: ({ items }) => [
      table(
        [
          { head: 'Token', field: 'tokenId' },
          { head: 'Name', field: 'name', maxChars: 20 },
          { head: 'Role', field: 'role' },
          { head: 'State', field: 'state' },
          { head: 'Used', field: 'lastUsedAt', format: age, right: true },
          { head: 'Expires', field: 'expiresAt', format: age, right: true, leaveOut: 1 },
        ],
        items,
        'No tokens.',
      ),
    ],
  },
  {
    words: 'admin-tokens create',
    summary: 'Make a token of the admin API; its secret is shown once and never again',
    call: 'POST /admin-tokens',
    arguments: [
      { param: 'name', name: 'NAME', summary: 'who or what uses it: the audit log has this name' },
      { param: 'role', name: 'ROLE', summary: 'each may do what those before it may', choices: roles },
    ],
    options: [
      { flags: '--expires-in-days <days>', summary: '1 to 3650 (default: 365)', parse: wholeNumber },
      { flags: '--speaks-for-people', summary: 'of a program that says which person it asks for' },
    ],
    body: (given) => pick(given, 'name', 'role', 'expiresInDays', 'speaksForPeople'),
    examples: ['admin-tokens create nightly-report viewer'],
    view: (token) => [
      card(
        [
          { head: 'Token', field: 'tokenId' },
          { head: 'Name', field: 'name' },
          { head: 'Role', field: 'role' },
          { head: 'Speaks for people', field: 'speaksForPeople', format: yesNo },
          { head: 'Expires', field: 'expiresAt', format: time },
          { head: 'Secret', field: 'token' },
        ],
        token,
      ),
      sentence('Keep the secret now: nobody can show it again.'),
    ],
  },
  {
    words: 'admin-tokens revoke',
    summary: 'Revoke a token of the admin API; the last one of an admin stays',
    call: 'DELETE /admin-tokens/{tokenId}',
    arguments: [{ param: 'tokenId', name: 'TOKEN', summary: 'id of the token' }],
    confirm: ({ tokenId }) => `Revoke admin token ${tokenId}? It works nowhere from then on.`,
    examples: ['admin-tokens revoke ADMIN_TOKEN_ID --yes'],
    view: ({ name }) => [sentence(`The token of ${String(name)} is revoked.`)],
  },
];
