import { resyncMapping, thresholds, tokenMapping, units } from './house.js';
import { table, words } from './panels.js';
import { sql } from './query.js';
import { store } from './queries/store.js';

export const resyncs = table({
  title: 'Resyncs',
  description:
    'The last 10 times that this store was told to read everything again. Progress is against what there was when it started and never falls: 0 % is a job that waits for the store. An empty table: 0 were asked for.',
  width: 24,
  queries: [sql(store.resyncs)],
  unit: units.count,
  empty: 'No resync was ever asked for, or no answer.',
  fields: [
    { name: 'State', mappings: resyncMapping, coloured: 'text', width: 110 },
    { name: 'Progress', unit: units.percent, width: 80 },
    { name: 'Confirmed', width: 90 },
    { name: 'Records', width: 90 },
    { name: 'Last change', unit: units.age, decimals: 0, width: 95 },
    { name: 'Asked for', width: 110 },
    { name: 'By', width: 110 },
    { name: 'Job', width: 290 },
  ],
});

export const tokens = table({
  title: 'Tokens',
  description:
    'Sync tokens of this store, the newest first, never their secrets. Only an active one lets the store in; one that was superseded works until the time beside it. An empty table: 0 were ever issued, so there is no store server.',
  width: 15,
  queries: [sql(store.tokens)],
  unit: units.text,
  empty: 'No token was ever issued, or no answer.',
  fields: [
    { name: 'State', mappings: tokenMapping, coloured: 'text', width: 110 },
    { name: 'Token id', width: 290 },
    { name: 'Last used', unit: units.age, decimals: 0, width: 80, thresholds: thresholds.plainText },
  ],
});

export const advice = words({
  title: 'Force resync, generate a token',
  description:
    'How to act, until there is a button: 0 of it happens by looking. It needs an admin token with the role operator or admin.',
  width: 9,
  content: `Grafana only reads. Act by the admin API, with HQ's address in \`HQ\` and an admin token in \`TOKEN\`; each call is written in the audit log.

**Read everything again** (role operator)

\`\`\`sh
curl -X POST "$HQ/admin/v1/stores/\${store:percentencode}/resync" \\
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{}'
\`\`\`

**Generate a token** (role admin): it is shown once; the old one works for another hour

\`\`\`sh
curl -X POST "$HQ/admin/v1/stores/\${store:percentencode}/tokens" \\
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{}'
\`\`\`

**Revoke a token** (role admin): the store is cut off at once

\`\`\`sh
curl -X DELETE "$HQ/admin/v1/stores/\${store:percentencode}/tokens/TOKEN_ID" -H "Authorization: Bearer $TOKEN"
\`\`\`
`,
});
