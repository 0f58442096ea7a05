import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { StoreAgent } from '../src/agent.js';
import { enrol } from '../src/enrol.js';
import { hashOfToken, newToken } from '../src/token-keeper.js';
import { command, newDataDir, newHq, sale, startAgent } from './store.js';

const run = promisify(execFile);

let hq: TestCollector;
beforeAll(async () => {
  hq = await startTestCollector({ settings: { HQ_WATCH_INTERVAL_MS: '200' } });
});
afterAll(() => hq.stop());

let stores = 0;
let storeId: string;
beforeEach(async () => {
  storeId = `n${(stores += 1)}`;
  await hq.admin.createStore({ storeId });
});

const generate = async (): Promise<string> => (await hq.admin.generateToken(storeId)).token;
const rotate = async (body: object = {}): Promise<string> => {
  const answer = await hq.admin.call('POST', `/stores/${storeId}/tokens/rotate`, body);
  expect(answer.status).toBe(201);
  return answer.body.commandId;
};
const tokensOf = async (): Promise<{ state: string; inUse: boolean; createdBy: string }[]> =>
  (await hq.admin.call('GET', `/stores/${storeId}/tokens`)).body.items;
const connected = (agent: StoreAgent) => eventually('the welcome', () => agent.status().connected, Boolean);
const usedByHq = () =>
  eventually('the use of the first token', tokensOf, (tokens) => tokens.some(({ inUse }) => inUse));
const commandsOpen = async () =>
  (
    await hq.database.pool.query(
      `select from hq.store_command where store_id = $1 and command = 'rotate_token' and done_at is null`,
      [storeId],
    )
  ).rowCount;
const rotated = async () => {
  await eventually('the end of the order', commandsOpen, (open) => open === 0, 15_000);
  await eventually(
    'the new token in use',
    tokensOf,
    ([newest]) => newest!.inUse && newest!.state === 'active',
  );
};

describe('a store that is told to rotate its token', () => {
  test('makes it by itself and comes back with it; the old one has its grace and then ends', async () => {
    const token = await generate();
    const made: string[] = [];
    const agent = await startAgent({ hqUrl: hq.url, token, onNewToken: (one) => made.push(one) });
    await connected(agent);
    await usedByHq();
    const asked = { graceMinutes: 30, expiresInDays: 90 };
    const commandId = await rotate(asked);
    expect(await rotate(asked)).toBe(commandId);
    await rotated();
    const [next, old] = await tokensOf();
    expect(next).toMatchObject({ state: 'active', inUse: true, createdBy: 'first admin' });
    expect(old).toMatchObject({ state: 'active', inUse: false, supersededAt: expect.any(String) });
    const days = (Date.parse((next as never as { expiresAt: string }).expiresAt) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(90);
    expect(made).toEqual([expect.stringMatching(/^hqs_[\w-]{43}$/)]);
    const inDatabase = await hq.database.pool.query(
      'select t::text as row from hq.store_token t union all select a::text from hq.audit_log a union all select c::text from hq.store_command c',
    );
    expect(inDatabase.rows.map(({ row }) => row).join()).not.toContain(made[0]);

    agent.enqueue('sales', { id: 's-1', revision: 1, data: sale() });
    await eventually(
      'the push',
      () => agent.status().pendingRecords,
      (pending) => pending === 0,
    );
    expect(agent.status().lastError).toBeNull();
    expect((await hq.admin.call('GET', `/errors?storeId=${storeId}`)).body.items).toEqual([]);
    const { body } = await hq.admin.call('GET', '/tokens?old=true');
    expect(body.items.filter((one: { storeId: string }) => one.storeId === storeId)).toEqual([]);
  });

  test('goes on with it after a restart, also when it was configured with the old one', async () => {
    const token = await generate();
    const dataDir = newDataDir();
    const first = await startAgent({ hqUrl: hq.url, token, dataDir });
    await connected(first);
    await usedByHq();
    await rotate({ graceMinutes: 0 });
    await rotated();
    await first.stop();
    const again = await startAgent({ hqUrl: hq.url, token, dataDir });
    await connected(again);
    expect(again.status().lastError).toBeNull();
    // a person's token comes before one that the store made for the token before it
    const given = await generate();
    again.setToken(given);
    await again.stop();
    const third = await startAgent({ hqUrl: hq.url, token: given, dataDir });
    await connected(third);
  });

  test('uses a token that a person gives it while it is connected at once', async () => {
    const agent = await startAgent({ hqUrl: hq.url, token: await generate() });
    await connected(agent);
    await usedByHq();
    agent.setToken(await generate());
    await eventually('the given token in use', tokensOf, ([newest]) => newest!.inUse);
    expect(agent.status()).toMatchObject({ connected: true, counters: { connects: 2 } });
  });

  test('keeps the old one when the new one lapsed before it was used', async () => {
    const token = await generate();
    const agent = await startAgent({ hqUrl: hq.url, token });
    await connected(agent);
    await usedByHq();
    // lapsed as soon as HQ has it: the store meets it when it connects
    await hq.database.pool.query(
      `create or replace function hq.test_lapse() returns trigger language plpgsql as
         $$ begin if new.store_id = '${storeId}' and new.pending_until is not null then new.pending_until := clock_timestamp() - interval '1 s'; end if; return new; end $$;
       create trigger test_lapse before insert on hq.store_token for each row execute function hq.test_lapse()`,
    );
    try {
      await rotate();
      await eventually('the lapsed token', tokensOf, (tokens) =>
        tokens.some(({ state }) => state === 'lapsed'),
      );
      await eventually(
        'the store is back with the old one',
        async () =>
          (await hq.database.pool.query('select code from hq.error_episode where store_id = $1', [storeId]))
            .rows.length,
        (episodes) => episodes > 0,
        15_000,
      );
      await connected(agent);
      expect((await tokensOf()).at(-1)).toMatchObject({ state: 'active', inUse: true });
    } finally {
      await hq.database.pool.query(
        'drop trigger test_lapse on hq.store_token; drop function hq.test_lapse()',
      );
      await hq.database.pool.query(
        `update hq.store_command set done_at = clock_timestamp() where store_id = $1 and done_at is null`,
        [storeId],
      );
    }
  });

  test('tries the token before when HQ was restored to a time before the new one', async () => {
    const token = await generate();
    const dataDir = newDataDir();
    const first = await startAgent({ hqUrl: hq.url, token, dataDir });
    await connected(first);
    await usedByHq();
    await rotate();
    await rotated();
    await first.stop();
    await hq.database.pool.query(`update hq.store_connection set token_id = null where store_id = $1`, [
      storeId,
    ]);
    await hq.database.pool.query(`delete from hq.store_token where store_id = $1 and secret_hash <> $2`, [
      storeId,
      Buffer.from(hashOfToken(token), 'hex'),
    ]);
    await hq.database.pool.query('update hq.store_token set superseded_at = null where store_id = $1', [
      storeId,
    ]);
    await connected(await startAgent({ hqUrl: hq.url, token, dataDir }));
  });

  test('says the hash of one and the same token as often as HQ asks, and connects with it once HQ knows it', async () => {
    const scripted = await newHq();
    const agent = await startAgent({ hqUrl: scripted.url, token: 'old-token' });
    await connected(agent);
    const order = {
      type: 'command',
      commandId: '3c2a04e2-4db3-4454-919a-0904091f9c20',
      command: 'rotate_token',
    } as const;
    scripted.say(order);
    scripted.say(order);
    const said = await eventually(
      'two hashes',
      () => scripted.ofType('new_token'),
      (all) => all.length === 2,
    );
    expect(said[0]).toEqual(said[1]);
    scripted.say({
      type: 'new_token_known',
      commandId: order.commandId,
      usableUntil: new Date(Date.now() + 600_000).toISOString(),
    });
    await eventually(
      'the next hello',
      () => scripted.ofType('hello').length,
      (hellos) => hellos === 2,
      10_000,
    );
    const used = scripted.upgrades.at(-1)!.replace('Bearer ', '');
    expect(hashOfToken(used)).toBe(said[0]!.secretHash);
    scripted.say(order);
    await eventually(
      'done',
      () => scripted.ofType('command_done'),
      (all) => all.some(({ outcome }) => outcome === 'done'),
    );
  });
});

describe('a store server that is enrolled', () => {
  const newCode = async (body: object = {}) =>
    (await hq.admin.call('POST', `/stores/${storeId}/enrolment-codes`, body)).body as { code: string };

  test('trades its code for a token that only it knows, and connects', async () => {
    const { code } = await newCode({ tokenExpiresInDays: 30 });
    const tokenFile = join(newDataDir(), 'token');
    const { stdout } = await run(
      process.execPath,
      [command, 'enrol', '--hq-url', hq.url, '--token-file', tokenFile],
      {
        env: { ...process.env, ENROLMENT_CODE: code },
      },
    );
    expect(stdout).toContain(`This is store ${storeId}.`);
    expect((await stat(tokenFile)).mode & 0o777).toBe(0o600);
    const token = (await readFile(tokenFile, 'utf8')).trim();
    await connected(await startAgent({ hqUrl: hq.url, token }));
    expect(await tokensOf()).toEqual([expect.objectContaining({ state: 'active', createdBy: 'enrolment' })]);
    const { body } = await hq.admin.call('GET', `/audit?storeId=${storeId}&action=enrolment_code.use`);
    expect(body.items).toEqual([expect.objectContaining({ source: expect.stringContaining('127.0.0.1') })]);
  });

  test('gets the same answer when the first was lost, and another server does not', async () => {
    const { code } = await newCode();
    const ask = async (token: string) => {
      const response = await fetch(`${hq.url}/v1/enrol`, {
        method: 'POST',
        body: JSON.stringify({ code, secretHash: hashOfToken(token) }),
      });
      return { status: response.status, body: (await response.json()) as { code?: string } };
    };
    const token = newToken();
    const first = await ask(token);
    expect(first).toEqual({ status: 200, body: { storeId, expiresAt: null } });
    expect(await ask(token)).toEqual(first);
    expect(await ask(newToken())).toMatchObject({ status: 403, body: { code: 'enrolment_refused' } });
    expect(await tokensOf()).toHaveLength(1);
  });

  test('keeps what it has begun when HQ is away, and is refused an old code in words', async () => {
    const tokenFile = join(newDataDir(), 'token');
    const { code } = await newCode();
    await expect(enrol('http://127.0.0.1:1', code, tokenFile)).rejects.toThrow('HQ cannot be reached');
    const begun = await readFile(`${tokenFile}.enrolling`, 'utf8');
    await newCode();
    await expect(enrol(hq.url, code, tokenFile)).rejects.toThrow('enrolment_refused');
    const { code: fresh } = await newCode();
    await writeFile(`${tokenFile}.enrolling`, begun, { mode: 0o600 });
    expect(await enrol(hq.url, fresh, tokenFile)).toEqual({ storeId, expiresAt: null });
    expect(await readFile(tokenFile, 'utf8')).toBe(begun);
    const malformed = await fetch(`${hq.url}/v1/enrol`, { method: 'POST', body: '{' });
    expect([malformed.status, ((await malformed.json()) as { code: string }).code]).toEqual([
      400,
      'enrolment_invalid',
    ]);
  });
});
