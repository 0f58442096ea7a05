// Makes the tokens with which the Grafana app asks the collector, one for each role, and keeps them as files:
//   node scripts/make-grafana-tokens.mjs HQ_URL ADMIN_TOKEN_FILE FOLDER
// A token that is there and works stays. Whoever may enter the folder can read them: another user's Grafana has to.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const roles = ['viewer', 'operator', 'admin'];

const [hqUrl, adminTokenFile, folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: make-grafana-tokens.mjs HQ_URL ADMIN_TOKEN_FILE FOLDER');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const adminToken = readFileSync(adminTokenFile, 'utf8').trim();
for (const role of roles) {
  const file = path.join(folder, role);
  if (await works(readToken(file))) continue;
  writeFileSync(`${file}.new`, await newToken(role), { mode: 0o444 });
  renameSync(`${file}.new`, file);
}

async function works(token) {
  if (token === undefined) return false;
  const { status } = await ask(token, 'GET', '/status?limit=1');
  if (status !== 200 && status !== 401) throw new Error(`HQ answered ${status}`);
  return status === 200;
}

/** Each is believed when it says for which person it asks. */
async function newToken(role) {
  const body = { name: `grafana ${role}`, role, speaksForPeople: true };
  const answer = await ask(adminToken, 'POST', '/admin-tokens', body);
  if (answer.status !== 201) throw new Error(`HQ made no token of the role ${role}: ${await answer.text()}`);
  return (await answer.json()).token;
}

function ask(token, method, at, body) {
  return fetch(`${hqUrl}/admin/v1${at}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
}

function readToken(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  }
}
