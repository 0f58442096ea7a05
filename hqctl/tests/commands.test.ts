import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { adminEndpoints } from '@hq-sync/hq-collector/admin/endpoints';
import { eventually } from '@hq-sync/testkit/eventually';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { push, saleRecord, WireStore } from '@hq-sync/testkit/wire-store';
import type { ZodObject } from 'zod';
import type { ApiCommand, Row } from '../src/command.js';
import { commands } from '../src/commands/table.js';
import { Home, wordsOf, type Ended } from './started.js';

const home = new Home();
let hq: TestCollector;
let store: WireStore;
/** What the words in capitals of the examples stand for. */
const ids: Record<string, string> = {};

beforeAll(async () => {
  hq = await startTestCollector({ settings: { HQ_WATCH_INTERVAL_MS: '200' } });
  home.knows(hq.url, hq.admin.token);
  await hq.admin.createStore({
    storeId: 'main-street',
    name: 'Main Street',
    region: 'West',
    timezone: 'America/Denver',
  });
  await hq.admin.createStore({ storeId: 'old-town', name: 'Old Town' });
  const { token, tokenId } = await hq.admin.generateToken('main-street');
  ids['TOKEN_ID'] = tokenId;
  store = await WireStore.connect(hq.url, token);
  await push(hq.url, token, [
    saleRecord('good'),
    saleRecord('bad', { currency: 'nonsense' }),
    saleRecord('worse', { kind: 'gift' }),
  ]);
  await eventually(
    'the store is connected',
    async () => (await hq.admin.call('GET', '/stores/main-street/status')).body.store,
    (row) => row.status === 'connected',
  );
  home.file('products.ndjson', '{"id":"25671","data":{"name":"Milk 1 l","priceMinor":499}}\n');
  home.file('corrected.json', JSON.stringify(saleRecord('bad')));
  const quarantined = (await hq.admin.call('GET', '/quarantine')).body.items as {
    quarantineId: number;
    recordId: string;
  }[];
  ids['NUMBER'] = String(quarantined.find(({ recordId }) => recordId === 'bad')!.quarantineId);
  ids['OTHER_NUMBER'] = String(quarantined.find(({ recordId }) => recordId === 'worse')!.quarantineId);
  ids['EPISODE'] = String((await hq.admin.call('GET', '/errors')).body.items[0].episodeId);
});
afterAll(async () => {
  await store.close();
  await hq.stop();
  home.remove();
});

function run(example: string, ...more: string[]): Promise<Ended> {
  const filled = example.replaceAll(/\b[A-Z]+(_[A-Z]+)*\b/g, (word) => ids[word] ?? word);
  return home.start([...wordsOf(filled), ...more]);
}

/** Notes the id that a table shows at its first field, for the examples after it. */
const noted = (name: string) => (out: string) => {
  ids[name] = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(out)![0];
};

interface Expected {
  readonly example: string;
  readonly says: readonly (string | RegExp)[];
  readonly code?: number;
  readonly then?: (out: string) => void;
}

const ago = /\d+ s ago/;
const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

/** In the order in which a day could go. */
const day: readonly Expected[] = [
  { example: 'stores create high-street --name "High Street" --timezone America/Denver --currency USD --region West --hours mon-sat=08:00-22:00', says: [/Store +high-street/, 'High Street', 'mon-sat 08:00-22:00; sun closed', ago] },
  { example: 'stores list --region West', says: ['Time zone', /main-street +Main Street +West +America\/Denver +USD/, 'high-street'] },
  { example: 'stores change main-street --name "Main Street North" --tag pilot', says: [/Name +Main Street North/, /Tags +pilot/] },
  { example: 'stores show main-street', says: [/Region +West/, /Hours +–/, /Day starts +00:00/] },
  { example: 'stores push-now main-street', says: ['The store is told.', uuid] },
  { example: 'stores watch', says: [/main-street.*● connected +2 quarantined/, '3 stores: errors 1, no server 2.'] },
  { example: 'status list', says: [/Queue +Errors/, /\$10\.00/] },
  { example: 'status show main-street', says: [/Status +● connected/, /In quarantine +2/, /sales +push/, 'Open tills', /Gross +\$10\.00/] },
  { example: 'tokens list main-street', says: [uuid, /active +yes/] },
  { example: 'tokens find', says: ['main-street', uuid] },
  { example: 'tokens find --expires-in-days 30', says: ['No such tokens.'] },
  { example: 'tokens rotate main-street', says: ['The store is told.'] },
  { example: 'tokens rotate-many --region West', says: ['The store servers of 1 store make their next token.'] },
  { example: 'tokens generate main-street', says: [/Secret +hqs_/, 'nobody can show it again', /Expires +–/] },
  { example: 'enrol-codes create main-street', says: [/Code +hqe_/, /in 23 h|in 24 h/] },
  { example: 'errors list --open --store-id main-street', says: ['record rejected', 'sales', 'main-street'] },
  { example: 'errors show EPISODE', says: [/Kind +record rejected/, 'By itself', 'A person'] },
  { example: 'errors acknowledge EPISODE --note "the store was called"', says: [/Note +the store was called/, /Seen by +first admin/] },
  { example: 'errors assign EPISODE --to alex', says: [/Assigned to +alex/] },
  { example: 'errors retry EPISODE', says: ['The store is told.'] },
  { example: 'quarantine list --store-id main-street', says: ['bad', 'worse', 'sales'] },
  { example: 'quarantine show NUMBER', says: [/Record +bad/, /State +held/, '"currency":"nonsense"'] },
  { example: 'quarantine replay NUMBER --record corrected.json --note "the till sent no currency"', says: [/Record +bad/, /Outcome +accepted/], then: () => void (ids['NUMBER'] = ids['OTHER_NUMBER']!) },
  { example: 'quarantine discard NUMBER --note "a test sale" --yes', says: ['is discarded.'] },
  { example: 'records upload products products.ndjson', says: [/Lines +1/, /Changed +1/] },
  { example: 'resync preview main-street', says: [/products +1 +\d+ B/, /Ends before opening/, /Opens +–/] },
  { example: 'resync start main-street --entity products --preview', says: [/products +1/, /Time +/] },
  { example: 'resync start main-street', says: [/Job +/, /Entities +customers, departments/, /State +running|queued/], then: noted('JOB_ID') },
  { example: 'resync list --store-id main-street', says: [uuid, /0 %/, 'first admin'] },
  { example: 'resync show JOB_ID', says: [/Store +main-street/, /Done +0 %/] },
  { example: 'resync cancel JOB_ID', says: [/State +cancelled/], then: () => void (ids['ENDED_JOB_ID'] = ids['JOB_ID']!) },
  { example: 'resync wait ENDED_JOB_ID', says: [/State +cancelled/], code: 7 },
  { example: 'rollouts start --region West --preview', says: [/main-street +1 +\d+ B/, '2 stores, 2 records'] },
  { example: 'rollouts start --region West --max-running 3', says: [/For +region West/, /At once +3/, /Stores +1/], then: noted('ROLLOUT_ID') },
  { example: 'rollouts list', says: [uuid, 'region West', 'running'] },
  { example: 'rollouts pause ROLLOUT_ID', says: [/State +paused/] },
  { example: 'rollouts resume ROLLOUT_ID --max-running 10', says: [/State +running/, /At once +10/] },
  { example: 'rollouts show ROLLOUT_ID', says: [/By +first admin/] },
  { example: 'rollouts cancel ROLLOUT_ID', says: [/State +cancelled/], then: () => void (ids['ENDED_ROLLOUT_ID'] = ids['ROLLOUT_ID']!) },
  { example: 'rollouts wait ENDED_ROLLOUT_ID', says: [/Cancelled +1/], code: 7 },
  { example: 'sets put mountain main-street high-street', says: [/Stores +high-street, main-street/] },
  { example: 'sets list', says: [/mountain +2 +high-street, main-street/] },
  { example: 'sets show mountain', says: [/Set +mountain/] },
  { example: 'maintenance start --store main-street --for 2h --reason "new switch"', says: [/For +store main-street/, 'in 2 h', 'new switch'], then: noted('WINDOW_ID') },
  { example: 'maintenance list --active', says: [uuid, 'store main-street', 'new switch'] },
  { example: 'maintenance end WINDOW_ID', says: [/Ended by +first admin/, /On now +no/] },
  { example: 'holidays create 2026-12-24 "Christmas Eve" --region West --hours 10:00-14:00', says: [/Day +2026-12-24/, /Hours +10:00-14:00/], then: noted('HOLIDAY_ID') },
  { example: 'holidays list', says: ['Christmas Eve', 'region West', '10:00-14:00'] },
  { example: 'holidays delete HOLIDAY_ID', says: ['2026-12-24, Christmas Eve, has its usual hours again.'] },
  { example: 'admin-tokens create nightly-report viewer', says: [/Secret +hqa_/, /Role +viewer/], then: noted('ADMIN_TOKEN_ID') },
  { example: 'admin-tokens list', says: ['nightly-report', 'first admin', 'viewer'] },
  { example: 'admin-tokens revoke ADMIN_TOKEN_ID --yes', says: ['The token of nightly-report is revoked.'] },
  { example: 'tokens revoke main-street TOKEN_ID --yes', says: ['is revoked.'] },
  { example: 'stores archive old-town --yes', says: ['old-town is archived.'] },
  { example: 'audit list --store-id main-street --since 2h', says: ['token.revoke', 'first admin', 'main-street', 'resync.force'] },
  { example: 'config set --profile local --url http://127.0.0.1:8080 --token-file .data/admin-token', says: ['Profile local is written to'] },
  { example: 'config show', says: [/Address +http:\/\/127\.0\.0\.1:\d+ \(HQCTL_URL\)/, /Token +in .*\/token \(HQCTL_TOKEN_FILE\)/] },
  { example: 'completion bash', says: ['complete -o filenames -F _hqctl hqctl'] },
]; // prettier-ignore

const commandOf = (example: string) =>
  commands
    .filter(({ words }) => `${example} `.startsWith(`${words} `))
    .reduce((one, other) => (other.words.length > one.words.length ? other : one));

describe('every example of the help', () => {
  test('is run here, and every command has one', () => {
    const inTable = commands.flatMap(({ examples }) => examples);
    expect(commands.filter(({ examples }) => examples.length === 0)).toEqual([]);
    expect(day.map(({ example }) => example).sort()).toEqual([...inTable].sort());
  });

  test.each(day)('$example', async ({ example, says, code = 0, then }) => {
    const command = commandOf(example);
    const reads = 'call' in command && command.call.startsWith('GET') && !command.always;
    const [{ stdout, stderr, code: ended }, asJson] = await Promise.all([
      run(example),
      reads ? run(example, '--json') : undefined,
    ]);
    expect({ ended, stderr: code === 0 ? stderr : '' }).toEqual({ ended: code, stderr: '' });
    for (const words of says) expect(stdout).toMatch(words);
    if ('call' in command)
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    then?.(stdout);
    if (asJson)
      expect(missingFields(command as ApiCommand, JSON.parse(asJson.stdout) as Row, example)).toEqual([]);
  });
});

/** What a table or card shows and HQ's answer does not have. */
function missingFields(command: ApiCommand, answer: Row, example: string): string[] {
  const shown = example.includes('--preview') ? command.instead!({ preview: true })! : command;
  return shown.view(answer).flatMap((part) => {
    if (part.kind === 'sentence') return [];
    const columns = part.kind === 'table' ? part.columns : part.fields;
    const rows = part.kind === 'table' ? part.rows : [part.row];
    return rows.flatMap((row) =>
      columns.filter(({ field }) => row[field] === undefined).map(({ field }) => field),
    );
  });
}

describe('the table', () => {
  const calls = commands.flatMap((command) => ('call' in command ? [command] : []));
  const routeOf = ({ method, path }: { method: string; path: string }) => `${method.toUpperCase()} ${path}`;

  test('has a command for every endpoint, and no other', () => {
    expect([...new Set(calls.map(({ call }) => call as string))].sort()).toEqual(
      adminEndpoints.map(routeOf).sort(),
    );
  });

  test.each(
    adminEndpoints.filter(({ query }) => query).map((endpoint) => [routeOf(endpoint), endpoint] as const),
  )('reaches every parameter of %s', (route, { query }) => {
    const reached = calls
      .filter(({ call }) => call === route)
      .flatMap((command) => [
        ...(command.query ?? []),
        ...Object.keys(command.moreQuery?.({}) ?? {}),
        ...(command.pages ? ['limit', 'after'] : []),
      ]);
    expect([...new Set(reached)].sort()).toEqual(Object.keys((query as ZodObject).shape).sort());
  });

  test('gives each path parameter an argument', () => {
    for (const { call, arguments: args = [], words } of calls) {
      const params = [...call.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
      expect([words, args.map(({ param }) => param)]).toEqual([words, expect.arrayContaining(params)]);
    }
  });
});
