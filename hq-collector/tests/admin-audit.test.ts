// One subject: the row that each change leaves in the audit log; long because every endpoint that changes something has its case.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { adminClient, type AdminClient } from '@hq-sync/testkit/admin-client';
import { eventually } from '@hq-sync/testkit/eventually';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { push, saleRecord, WireStore } from '@hq-sync/testkit/wire-store';
import { createHash, randomBytes } from 'node:crypto';
import { addAdminToken } from '../src/admin/admin-token.js';
import { adminEndpoints } from '../src/admin/endpoints.js';

interface AuditRow {
  readonly at: string;
  readonly actor: string;
  readonly principal: string | null;
  readonly action: string;
  readonly storeId: string | null;
  readonly source: string;
  readonly detail: Record<string, unknown>;
}

/** One call that changes something, and the row that it leaves. */
interface Case {
  readonly path: string;
  readonly body?: object;
  /** The body is a line of NDJSON. */
  readonly upload?: true;
  readonly action: string;
  readonly storeId: string | null;
  /** From the answer; all of it. */
  detail(answer: Record<string, unknown>): object;
}

const person = 'alice (console)';
const viewerToken = 'viewer-token-of-the-audit';
let hq: TestCollector;
/** A program that speaks for alice. */
let consoleToken: string;
let consoleTokenId: string;
let viewerTokenId: string;
let storeToken: string;
let socket: WireStore;

beforeAll(async () => {
  hq = await startTestCollector({ settings: { HQ_PAGE_LOGIN: 'on', HQ_WATCH_INTERVAL_MS: '200' } });
  await addAdminToken(hq.database.pool as never, 'viewer', 'viewer', viewerToken);
  const made = await hq.admin.call('POST', '/admin-tokens', {
    name: 'console',
    role: 'admin',
    speaksForPeople: true,
  });
  consoleToken = made.body.token;
  consoleTokenId = made.body.tokenId;
  const { items } = (await hq.admin.call('GET', '/admin-tokens')).body;
  viewerTokenId = items.find(({ name }: { name: string }) => name === 'viewer').tokenId;
  await hq.admin.createStore({ storeId: 's1', region: 'north' });
  storeToken = (await hq.admin.generateToken('s1')).token;
  socket = await WireStore.connect(hq.url, storeToken);
  await eventually(
    'its token was used',
    () => hq.admin.call('GET', '/stores/s1/tokens'),
    ({ body }) => body.items[0].firstUsedAt !== null,
  );
});
afterAll(async () => {
  await socket.close();
  await hq.stop();
});

async function ask(admin: AdminClient, method: string, path: string, body?: object) {
  const answer = await admin.call(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}
const prepared = (path: string, body: object = {}) => ask(hq.admin, 'POST', path, body);

let stores = 0;
/** With a store server that was never connected. */
async function newStore(fields: object = {}): Promise<string> {
  const storeId = `store-${(stores += 1)}`;
  await hq.admin.createStore({ storeId, ...fields });
  await hq.admin.generateToken(storeId);
  return storeId;
}

async function newQuarantined(id: string): Promise<number> {
  await push(hq.url, storeToken, [saleRecord(id, { currency: 'nonsense' })]);
  const { items } = await ask(hq.admin, 'GET', '/quarantine');
  return items.find(({ recordId }: { recordId: string }) => recordId === id).quarantineId;
}

async function newEpisode(): Promise<{ storeId: string; episodeId: number }> {
  const storeId = await newStore();
  const { rows } = await hq.database.pool.query<{ episodeId: string }>(
    `insert into hq.error_episode (store_id, entity, direction, kind, code, message, opened_at, last_at, failures)
     values ($1, 'sales', 'push', 'network_timeout', 'body_stalled', 'nothing came', now(), now(), 3)
     returning episode_id as "episodeId"`,
    [storeId],
  );
  return { storeId, episodeId: Number(rows[0]!.episodeId) };
}

async function newRollout(): Promise<string> {
  const storeId = await newStore();
  return (await prepared('/resync-rollouts', { scope: { storeId } })).rolloutId;
}

const everything = ['customers', 'departments', 'products', 'promotions', 'tax_rates', 'users'];
const settings = { name: 'Main Street', timezone: 'America/Denver', currency: 'USD' };
const endsAt = new Date(Date.now() + 3_600_000).toISOString();

/** By the route. Each is done once, by alice; what it needs is made by somebody else. */
const cases: Record<string, () => Promise<Case> | Case> = {
  'post /stores': () => {
    const body = { storeId: 'new', ...settings, tags: ['pilot'] };
    return { path: '/stores', body, action: 'store.create', storeId: 'new', detail: () => body };
  },
  'patch /stores/{storeId}': async () => {
    const storeId = await newStore();
    const body = { name: 'High Street', region: null };
    return { path: `/stores/${storeId}`, body, action: 'store.change', storeId, detail: () => body };
  },
  'post /stores/{storeId}/archive': async () => {
    const storeId = await newStore();
    const body = { force: true };
    const detail = () => ({ force: true, pending: 0 });
    return { path: `/stores/${storeId}/archive`, body, action: 'store.archive', storeId, detail };
  },
  'post /stores/{storeId}/tokens': async () => {
    const storeId = await newStore();
    const body = { expiresInDays: 30, overlapMinutes: 5 };
    const detail = ({ tokenId }: Record<string, unknown>) => ({ ...body, tokenId });
    return { path: `/stores/${storeId}/tokens`, body, action: 'token.generate', storeId, detail };
  },
  'delete /stores/{storeId}/tokens/{tokenId}': async () => {
    const storeId = await newStore();
    const { tokenId } = await hq.admin.generateToken(storeId);
    const detail = () => ({ tokenId });
    return { path: `/stores/${storeId}/tokens/${tokenId}`, action: 'token.revoke', storeId, detail };
  },
  'post /stores/{storeId}/tokens/rotate': () => ({
    path: '/stores/s1/tokens/rotate',
    body: { graceMinutes: 7 },
    action: 'token.rotate',
    storeId: 's1',
    detail: ({ commandId }) => ({ graceMinutes: 7, commandId }),
  }),
  'post /token-rotations': () => ({
    path: '/token-rotations',
    body: { scope: { region: 'north' }, graceMinutes: 7 },
    action: 'token.rotate',
    storeId: 's1',
    detail: () => ({ scope: { region: 'north' }, graceMinutes: 7, commandId: expect.any(String) }),
  }),
  'post /stores/{storeId}/enrolment-codes': async () => {
    const storeId = await newStore();
    const body = { expiresInMinutes: 10, tokenExpiresInDays: 90 };
    const detail = ({ codeId }: Record<string, unknown>) => ({ ...body, codeId });
    return {
      path: `/stores/${storeId}/enrolment-codes`,
      body,
      action: 'enrolment_code.create',
      storeId,
      detail,
    };
  },
  'post /stores/{storeId}/commands': async () => {
    const storeId = await newStore();
    const body = { command: 'push_now' };
    const detail = ({ commandId }: Record<string, unknown>) => ({ ...body, commandId });
    return { path: `/stores/${storeId}/commands`, body, action: 'command.send', storeId, detail };
  },
  'post /errors/{episodeId}/acknowledge': async () => {
    const { storeId, episodeId } = await newEpisode();
    const body = { note: 'seen' };
    const detail = () => ({ episodeId, ...body });
    return { path: `/errors/${episodeId}/acknowledge`, body, action: 'error.acknowledge', storeId, detail };
  },
  'post /errors/{episodeId}/assign': async () => {
    const { storeId, episodeId } = await newEpisode();
    const body = { assignee: 'bo' };
    const detail = () => ({ episodeId, ...body });
    return { path: `/errors/${episodeId}/assign`, body, action: 'error.assign', storeId, detail };
  },
  'post /errors/{episodeId}/retry': async () => {
    const { storeId, episodeId } = await newEpisode();
    const detail = ({ commandId }: Record<string, unknown>) => ({ episodeId, commandId });
    return { path: `/errors/${episodeId}/retry`, action: 'error.retry', storeId, detail };
  },
  'post /quarantine/{quarantineId}/replay': async () => {
    const quarantineId = await newQuarantined('replayed');
    const body = { record: saleRecord('replayed'), note: 'by hand' };
    const detail = (result: object) => ({ quarantineId, corrected: body.record, note: body.note, result });
    return {
      path: `/quarantine/${quarantineId}/replay`,
      body,
      action: 'quarantine.replay',
      storeId: 's1',
      detail,
    };
  },
  'post /quarantine/{quarantineId}/discard': async () => {
    const quarantineId = await newQuarantined('discarded');
    const body = { note: 'a test of the till' };
    const detail = () => ({ quarantineId, ...body });
    return {
      path: `/quarantine/${quarantineId}/discard`,
      body,
      action: 'quarantine.discard',
      storeId: 's1',
      detail,
    };
  },
  'post /entities/{entity}/records': () => ({
    path: '/entities/products/records',
    body: { id: 'p1', data: { name: 'Milk' } },
    upload: true,
    action: 'records.change',
    storeId: null,
    detail: () => ({ entity: 'products', lines: 1, changed: 1, deleted: 0 }),
  }),
  'put /sets/{set}': () => ({
    path: '/sets/pilots',
    body: { storeIds: ['s1'] },
    action: 'set.put',
    storeId: null,
    detail: () => ({ set: 'pilots', storeIds: ['s1'] }),
  }),
  'post /stores/{storeId}/resync': async () => {
    const storeId = await newStore();
    const detail = ({ jobId }: Record<string, unknown>) => ({ entities: ['products'], jobId });
    const body = { entities: ['products'] };
    return { path: `/stores/${storeId}/resync`, body, action: 'resync.force', storeId, detail };
  },
  'post /resync-jobs/{jobId}/cancel': async () => {
    const storeId = await newStore();
    const { jobId } = await prepared(`/stores/${storeId}/resync`);
    return {
      path: `/resync-jobs/${jobId}/cancel`,
      action: 'resync.cancel',
      storeId,
      detail: () => ({ jobId }),
    };
  },
  'post /resync-rollouts': async () => {
    const storeId = await newStore();
    const body = { scope: { storeId }, maxRunning: 2 };
    const detail = ({ rolloutId }: Record<string, unknown>) => ({
      ...body,
      entities: everything,
      rolloutId,
      stores: 1,
    });
    return { path: '/resync-rollouts', body, action: 'rollout.start', storeId, detail };
  },
  'post /resync-rollouts/{rolloutId}/pause': async () => {
    const rolloutId = await newRollout();
    const detail = () => ({ rolloutId });
    return { path: `/resync-rollouts/${rolloutId}/pause`, action: 'rollout.pause', storeId: null, detail };
  },
  'post /resync-rollouts/{rolloutId}/resume': async () => {
    const rolloutId = await newRollout();
    const body = { maxRunning: 3 };
    const detail = () => ({ rolloutId, ...body });
    return {
      path: `/resync-rollouts/${rolloutId}/resume`,
      body,
      action: 'rollout.resume',
      storeId: null,
      detail,
    };
  },
  'post /resync-rollouts/{rolloutId}/cancel': async () => {
    const rolloutId = await newRollout();
    const detail = () => ({ rolloutId, jobs: 1 });
    return { path: `/resync-rollouts/${rolloutId}/cancel`, action: 'rollout.cancel', storeId: null, detail };
  },
  'post /maintenance-windows': () => {
    const body = { scope: { storeId: 's1' }, endsAt, reason: 'a new till' };
    const detail = ({ windowId }: Record<string, unknown>) => ({ windowId, ...body });
    return { path: '/maintenance-windows', body, action: 'maintenance.start', storeId: 's1', detail };
  },
  'post /maintenance-windows/{windowId}/end': async () => {
    const { windowId } = await prepared('/maintenance-windows', {
      scope: { storeId: 's1' },
      endsAt,
      reason: 'x',
    });
    const detail = () => ({ windowId });
    return { path: `/maintenance-windows/${windowId}/end`, action: 'maintenance.end', storeId: 's1', detail };
  },
  'post /holidays': () => {
    const body = {
      day: '2026-12-25',
      name: 'Christmas',
      scope: { storeId: 's1' },
      hours: [['10:00', '12:00']],
    };
    const detail = ({ holidayId }: Record<string, unknown>) => ({ holidayId, ...body });
    return { path: '/holidays', body, action: 'holiday.create', storeId: 's1', detail };
  },
  'delete /holidays/{holidayId}': async () => {
    const day = { day: '2026-12-26', name: 'Boxing Day', scope: { storeId: 's1' } };
    const { holidayId } = await prepared('/holidays', day);
    return {
      path: `/holidays/${holidayId}`,
      action: 'holiday.delete',
      storeId: 's1',
      detail: () => ({ holidayId, ...day }),
    };
  },
  'post /admin-tokens': () => {
    const body = { name: 'night watch', role: 'viewer', expiresInDays: 7, speaksForPeople: false };
    const detail = ({ tokenId }: Record<string, unknown>) => ({ ...body, tokenId });
    return { path: '/admin-tokens', body, action: 'admin_token.create', storeId: null, detail };
  },
  'delete /admin-tokens/{tokenId}': async () => {
    const { tokenId } = await prepared('/admin-tokens', { name: 'gone', role: 'viewer' });
    const detail = () => ({ tokenId, name: 'gone' });
    return { path: `/admin-tokens/${tokenId}`, action: 'admin_token.revoke', storeId: null, detail };
  },
};

const routeOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
const acting = adminEndpoints.filter(({ method }) => method !== 'get').map(routeOf);

/** The whole log, the oldest first. */
const log = async (): Promise<AuditRow[]> =>
  (await ask(hq.admin, 'GET', '/audit?limit=1000')).items.reverse();

/** What was added since. */
let known = 0;
beforeEach(async () => {
  known = (await log()).length;
});
const added = async () => (await log()).slice(known);

/** One call as the program that speaks for alice; `token` as another. */
async function send(route: string, { path, body, upload }: Case, token = consoleToken) {
  const response = await fetch(`${hq.url}/admin/v1${path}`, {
    method: route.split(' ')[0]!.toUpperCase(),
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': upload ? 'application/x-ndjson' : 'application/json',
      'x-grafana-user': 'alice',
    },
    ...((body !== undefined || route.startsWith('post')) && { body: JSON.stringify(body ?? {}) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('the audit log', () => {
  test('has a case here for every route that changes something', () => {
    expect(Object.keys(cases).sort()).toEqual(acting.sort());
  });

  test('has one row for each action: who, what, on which store, how, from where, when', async () => {
    const expected: AuditRow[] = [];
    for (const [route, prepare] of Object.entries(cases)) {
      const one = await prepare();
      known = (await log()).length;
      const startedMs = Date.now();
      const { status, body } = await send(route, one);
      expect([route, status, body]).toEqual([route, expect.any(Number), body]);
      expect({ route, status, body }).toEqual({ route, status: status < 300 ? status : '2xx', body });
      const rows = await added();
      const { action, storeId } = one;
      const row = {
        actor: person,
        principal: consoleTokenId,
        action,
        storeId,
        source: expect.stringContaining('127.0.0.1'),
        detail: one.detail(body),
      };
      expect({ route, rows }).toEqual({ route, rows: [expect.objectContaining(row)] });
      // The clock of the database is this machine's.
      expect(Date.parse(rows[0]!.at)).toBeGreaterThanOrEqual(startedMs - 1_000);
      expect(Date.parse(rows[0]!.at)).toBeLessThanOrEqual(Date.now() + 1_000);
      expected.push(rows[0]!);
    }
    const alices = (await ask(hq.admin, 'GET', `/audit?actor=${encodeURIComponent(person)}&limit=1000`))
      .items;
    expect(alices.reverse()).toEqual(expected);
    expect(expected).toHaveLength(acting.length);
  });

  test('has no row of what was refused: for its role, for what it says, for what is there, done once before', async () => {
    const gone = '00000000-0000-4000-8000-000000000000';
    for (const route of acting) {
      const path = route
        .split(' ')[1]!
        .replace('{entity}', 'products')
        .replace(/\{\w+Id\}/g, gone)
        .replace('{set}', 'x');
      const refused = { path, action: '', storeId: null, detail: () => ({}) };
      expect([route, (await send(route, refused, viewerToken)).status]).toEqual([route, 403]);
      const wrong = { ...refused, body: { nobodyKnows: 'this' } };
      const { status } = await send(route, wrong);
      expect([route, status >= 400 && status < 500]).toEqual([route, true]);
    }
    expect(await added()).toEqual([]);
  });

  test('has no second row of the same request under its idempotency key', async () => {
    const once = async () =>
      fetch(`${hq.url}/admin/v1/stores`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${consoleToken}`,
          'content-type': 'application/json',
          'idempotency-key': 'once',
        },
        body: JSON.stringify({ storeId: 'once', ...settings }),
      });
    expect([(await once()).status, (await once()).status]).toEqual([201, 201]);
    expect(await added()).toHaveLength(1);
  });

  test('has the enrolment of a store server, once', async () => {
    const storeId = await newStore();
    const { code, codeId } = await prepared(`/stores/${storeId}/enrolment-codes`);
    known = (await log()).length;
    const secretHash = createHash('sha256').update(randomBytes(8)).digest('hex');
    const enrol = (given: string) =>
      fetch(`${hq.url}/v1/enrol`, { method: 'POST', body: JSON.stringify({ code: given, secretHash }) });
    expect((await enrol(`hqe_${'x'.repeat(43)}`)).status).toBe(403);
    expect([(await enrol(code)).status, (await enrol(code)).status]).toEqual([200, 200]);
    expect(await added()).toEqual([
      expect.objectContaining({
        actor: 'store server',
        principal: null,
        action: 'enrolment_code.use',
        storeId,
        source: expect.stringContaining('127.0.0.1'),
        detail: { codeId, tokenId: expect.any(String) },
      }),
    ]);
  });

  test('has the new token that a store makes on order, once', async () => {
    const { commandId } = await prepared('/stores/s1/tokens/rotate');
    known = (await log()).length;
    const secretHash = createHash('sha256').update(randomBytes(8)).digest('hex');
    for (let time = 0; time < 2; time += 1) {
      const answers = () => socket.received.filter(({ type }) => type === 'new_token_known').length;
      const before = answers();
      socket.send({ type: 'new_token', commandId, secretHash });
      await eventually('it is known', answers, (now) => now > before);
    }
    const { rows } = await hq.database.pool.query<{ id: string }>(
      `select token_id as id from hq.store_token where secret_hash = decode($1, 'hex')`,
      [secretHash],
    );
    expect(await added()).toEqual([
      expect.objectContaining({
        actor: 'store server',
        principal: null,
        action: 'token.renew',
        storeId: 's1',
        source: expect.stringContaining('127.0.0.1'),
        detail: { commandId, tokenId: rows[0]!.id },
      }),
    ]);
  });

  test('has who logged in to the page and out, not who was refused', async () => {
    const logIn = (token: string) =>
      fetch(`${hq.url}/login`, { method: 'POST', body: new URLSearchParams({ token }), redirect: 'manual' });
    expect((await logIn('nobody')).status).toBe(401);
    const cookie = (await logIn(viewerToken)).headers.get('set-cookie')!.split(';')[0]!;
    for (let time = 0; time < 2; time += 1)
      await fetch(`${hq.url}/logout`, { method: 'POST', headers: { cookie }, redirect: 'manual' });
    const row = {
      actor: 'viewer',
      principal: viewerTokenId,
      storeId: null,
      source: expect.stringContaining('127.0.0.1'),
      detail: {},
    };
    expect(await added()).toEqual([
      expect.objectContaining({ ...row, action: 'page.login' }),
      expect.objectContaining({ ...row, action: 'page.logout' }),
    ]);
  });

  test('names the token alone where no person is said', async () => {
    await ask(adminClient(hq.url, consoleToken), 'POST', '/admin-tokens', { name: 'third', role: 'viewer' });
    expect(await added()).toMatchObject([
      { actor: 'console', principal: consoleTokenId, action: 'admin_token.create' },
    ]);
  });
});
