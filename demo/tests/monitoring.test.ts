import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '@hq-sync/testkit/eventually';
import { findProgram, type Installable } from '../src/monitoring/find-program.js';
import { alertmanager, grafana, prometheus } from '../src/monitoring/programs.js';
import { freePort, processesOf, StartedDemo } from './started-demo.js';

// A scrape, the evaluation of a rule and the first sending of an alert come one after the other, each within 15 s.
jest.setTimeout(240_000);
const soonMs = 120_000;
const pollMs = 250;

const clone = path.resolve(import.meta.dirname, '..', '..');
const programs = [grafana, prometheus, alertmanager];
/** Where whoever runs the tests says that the programs are. */
const named = Object.fromEntries(
  [...programs.map(({ variable }) => variable), 'HQ_GRAFANA_HOMEPATH'].flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  ),
);
const missing = programs.filter((program) => findProgram(program, process.env) === undefined);
for (const { name, install } of missing) process.stderr.write(`skipped: no ${name} here (${install})\n`);
const withPrometheus = [prometheus, alertmanager].some((program) => missing.includes(program)) ? it.skip : it;
const withGrafana = missing.includes(grafana) ? it.skip : it;

let folder: string;
let dataDir: string;
let demo: StartedDemo | undefined;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'monitoring-'));
  // As root the database runs as another user, who has to pass here.
  chmodSync(folder, 0o755);
  dataDir = path.join(folder, 'data');
});

afterEach(async () => {
  await demo?.end();
  demo = undefined;
});

afterAll(() => {
  for (const pid of processesOf(dataDir)) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** @returns what is said of each program, once all of it is said. */
async function start(args: readonly string[] = [], env: NodeJS.ProcessEnv = named): Promise<string> {
  demo = new StartedDemo({ dataDir, port: await freePort(), args: ['--stores', '3', ...args], env });
  return demo.said((stdout) => stdout.includes('\nLogs '));
}

describe('the monitoring of npm start', () => {
  withPrometheus('scrapes HQ, loads the rules and hands the watchdog to Alertmanager', async () => {
    const text = await start();
    const [prometheusUrl, alertmanagerUrl] = [addressOf(prometheus, text), addressOf(alertmanager, text)];
    const health = await eventually(
      'targets of Prometheus',
      async () => {
        const answer = await ask<Targets>(`${prometheusUrl}/api/v1/targets`);
        return answer?.data.activeTargets.map(({ labels, health }) => `${labels.job} ${health}`).sort();
      },
      (targets) =>
        targets !== undefined && targets.length > 0 && targets.every((target) => target.endsWith(' up')),
      soonMs,
      pollMs,
    );
    expect(health).toEqual(['alertmanager up', 'hq-collector up', 'hq-stores up', 'prometheus up']);

    const rules = await ask<Rules>(`${prometheusUrl}/api/v1/rules`);
    const files = rules?.data.groups.map(({ file }) => path.basename(file));
    expect([...new Set(files)].sort()).toEqual(readdirSync(path.join(clone, 'alerts', 'rules')).sort());

    const alerts = await eventually(
      'alerts at Alertmanager',
      () => ask<readonly Alert[]>(`${alertmanagerUrl}/api/v2/alerts`),
      (found) => found !== undefined && found.length > 0,
      soonMs,
      pollMs,
    );
    const watchdog = alerts?.find(({ labels }) => labels.alertname === 'HqWatchdog');
    expect(watchdog?.receivers).toEqual([{ name: 'hq-watchdog' }]);
    // Both are on loopback: so is what their links name.
    expect(watchdog?.generatorURL).toMatch(new RegExp(`^${prometheusUrl}/graph`));
    expect(readFileSync(watchdog!.annotations.runbook_url.replace('file://', ''), 'utf8')).toContain(
      'HqWatchdog',
    );
    await expectNothingLeft();
  });

  withGrafana(
    'opens the dashboards in Grafana, also after a restart, with a reader of the database',
    async () => {
      for (const round of ['first', 'second']) {
        const url = addressOf(grafana, await start());
        await eventually(
          `Grafana of the ${round} start`,
          () => ask(`${url}/api/health`),
          Boolean,
          soonMs,
          pollMs,
        );
        const [, file = ''] = /password in (.*)\)/.exec(await demo!.said(() => true)) ?? [];
        const login = { authorization: `Basic ${btoa(`admin:${readFileSync(file, 'utf8').trim()}`)}` };
        const dashboards = await ask<readonly { uid: string }[]>(`${url}/api/search?type=dash-db`, login);
        expect(dashboards?.map(({ uid }) => `${uid}.json`).sort()).toEqual(
          readdirSync(path.join(clone, 'grafana', 'dashboards')).sort(),
        );
        const stores = await eventually(
          'stores that Grafana reads',
          () => queried(url, login, 'select count(*)::int from stores'),
          (count) => count !== undefined,
          soonMs,
          pollMs,
        );
        expect(stores).toBe(4);
        await expectNothingLeft();
      }
    },
  );

  it('says of each program where it is, or what to install', async () => {
    const text = await start();
    for (const program of programs) {
      const line = text.split('\n').find((said) => said.startsWith(`${program.name} `));
      if (missing.includes(program))
        expect(line).toContain(`not installed (${program.install}; or name it in ${program.variable})`);
      else expect(line).toContain(' http://127.0.0.1:');
    }
  });

  it('leaves them out when asked', async () => {
    const text = await start(['--no-monitoring']);
    for (const { name } of programs) expect(text).not.toContain(name);
  });

  it.each(programs)('refuses a variable that names no program: $variable', async ({ variable }) => {
    demo = new StartedDemo({ dataDir, port: await freePort(), env: { ...named, [variable]: folder } });
    const { code, stderr } = await demo.ended;
    expect([code, stderr.trim()]).toEqual([1, `${variable} names ${folder}, which is no program.`]);
    expect(processesOf(dataDir)).toEqual([]);
  });

  const onLinux = process.platform === 'linux' ? withPrometheus : it.skip;
  onLinux('ends one that hears nothing any more', async () => {
    await start();
    process.kill(await running(prometheus), 'SIGSTOP');
    await expectNothingLeft();
  });

  onLinux.each(['are loaded', 'run'])(
    'leaves none behind when it is killed itself while they %s',
    async (when) => {
      await start();
      if (when === 'run') await Promise.all([prometheus, alertmanager].map(running));
      await demo!.end('SIGKILL');
      await eventually(
        'all but the database server end',
        () => processesOf(dataDir).map(executableOf),
        (left) => left.every((file) => file === undefined || path.basename(file) === 'postgres'),
        soonMs,
        pollMs,
      );
      await start();
      await running(prometheus);
      await expectNothingLeft();
    },
  );
});

async function expectNothingLeft(): Promise<void> {
  const { code, stderr } = await demo!.end();
  expect([code, stderr]).toEqual([0, '']);
  expect(processesOf(dataDir)).toEqual([]);
}

/** Number of the process of a program of this start, once it runs. */
async function running(program: Installable): Promise<number> {
  const file = findProgram(program, process.env);
  const pid = await eventually(
    program.name,
    () => processesOf(dataDir).find((pid) => executableOf(pid) === file),
    (found) => found !== undefined,
    soonMs,
    pollMs,
  );
  return pid!;
}

/** Of a process that has ended, undefined. */
function executableOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return undefined;
  }
}

/** What is said of where a program listens. */
function addressOf({ name }: Installable, text: string): string {
  const [, address] = new RegExp(`^${name} +(http://127\\.0\\.0\\.1:\\d+)`, 'm').exec(text) ?? [];
  if (address === undefined) throw new Error(`no address of ${name} in: ${text}`);
  return address;
}

/** Answer in JSON; undefined while there is none. */
async function ask<T>(
  url: string,
  headers: Record<string, string> = {},
  body?: object,
): Promise<T | undefined> {
  const post = { method: 'POST', body: JSON.stringify(body) };
  const jsonHeaders = { 'content-type': 'application/json', ...headers };
  return fetch(url, { headers: jsonHeaders, ...(body && post) }).then(
    async (answer) => (answer.ok ? ((await answer.json()) as T) : undefined),
    () => undefined,
  );
}

/** The only value of an SQL query by Grafana's own connection to the database. */
async function queried(
  url: string,
  headers: Record<string, string>,
  rawSql: string,
): Promise<number | undefined> {
  const query = { refId: 'A', datasource: { uid: 'hq-postgres' }, format: 'table', rawSql };
  const answer = await ask<Frames>(`${url}/api/ds/query`, headers, { queries: [query] });
  return answer?.results.A.frames?.[0]?.data.values[0]?.[0];
}

interface Targets {
  readonly data: { readonly activeTargets: readonly { labels: { job: string }; health: string }[] };
}
interface Rules {
  readonly data: { readonly groups: readonly { file: string }[] };
}
interface Alert {
  readonly labels: { readonly alertname: string };
  readonly annotations: { readonly runbook_url: string };
  readonly receivers: readonly { name: string }[];
  readonly generatorURL: string;
}
interface Frames {
  readonly results: { readonly A: { readonly frames?: readonly { data: { values: number[][] } }[] } };
}
