import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { type Cluster, type ClusterOptions, startCluster } from '../src/cluster.js';
import { createDatabase, dropDatabase } from '../src/database.js';
import { LocalPostgresError } from '../src/errors.js';
import { isRunning } from '../src/processes.js';

// An initdb takes 1.4 s on two idle cores; a loaded machine needs many times that.
jest.setTimeout(120_000);

let folder: string;
let dataDir: string;
let started: Cluster[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'local-postgres-'));
  // As root the server runs as another user, who has to pass here.
  await chmod(folder, 0o755);
  dataDir = path.join(folder, 'data');
  started = [];
});

afterEach(async () => {
  for (const cluster of started) await cluster.kill();
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<ClusterOptions> = {}): Promise<Cluster> {
  const cluster = await startCluster({ dataDir, ...options });
  started.push(cluster);
  return cluster;
}

async function query(cluster: Cluster, sql: string, database?: string): Promise<unknown[][]> {
  const client = new pg.Client({ connectionString: cluster.url(database) });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows as unknown[][];
  } finally {
    await client.end();
  }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof LocalPostgresError ? error.code : `no LocalPostgresError but ${String(error)}`;
}

async function runningProcess() {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 600_000)'], { stdio: 'ignore' });
  await once(child, 'spawn');
  return child;
}

describe('a started server', () => {
  test('keeps everything that makes a commit durable', async () => {
    const cluster = await start({ settings: { work_mem: '8MB', 'hq.note': "it's \\ quoted" } });
    const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums'];
    for (const name of names) expect(await query(cluster, `SHOW ${name}`)).toEqual([['on']]);
    expect(await query(cluster, 'SHOW work_mem')).toEqual([['8MB']]);
    expect(await query(cluster, 'SHOW hq.note')).toEqual([["it's \\ quoted"]]);
    expect(await query(cluster, 'SHOW max_connections')).toEqual([['200']]);
    expect(await query(cluster, 'SHOW server_encoding')).toEqual([['UTF8']]);
  });

  test('listens on the loopback address only and asks for the password', async () => {
    const cluster = await start();
    expect(await query(cluster, 'SHOW listen_addresses')).toEqual([['127.0.0.1']]);
    expect(await query(cluster, 'SHOW unix_socket_directories')).toEqual([['']]);
    const client = new pg.Client({ connectionString: cluster.url().replace(/:[0-9a-f]+@/, ':wrong@') });
    await expect(client.connect()).rejects.toMatchObject({ code: '28P01' });
    expect((await stat(`${dataDir}.password`)).mode & 0o777).toBe(0o600);
  });

  test.each(['fsync', 'Synchronous_Commit', 'full_page_writes', 'port', 'no name'])(
    'does not take the setting %s',
    async (name) => {
      expect(await codeOf(start({ settings: { [name]: 'off' } }))).toBe('bad-setting');
    },
  );

  test('makes and drops databases, also from a template in use a moment ago', async () => {
    const cluster = await start();
    await createDatabase(cluster, 'master copy');
    await query(cluster, 'CREATE TABLE t AS SELECT 7 AS n', 'master copy');
    await createDatabase(cluster, 'copy', 'master copy');
    expect(await query(cluster, 'SELECT n FROM t', 'copy')).toEqual([[7]]);
    expect(await codeOf(createDatabase(cluster, 'copy'))).toBe('database-failed');
    expect(await codeOf(createDatabase(cluster, 'x'.repeat(64)))).toBe('database-failed');
    await dropDatabase(cluster, 'copy');
    await dropDatabase(cluster, 'copy');
    expect(await query(cluster, `SELECT 1 FROM pg_database WHERE datname = 'copy'`)).toEqual([]);
  });
});

describe('committed rows', () => {
  test('survive stop and start', async () => {
    const first = await start();
    await query(first, 'CREATE TABLE t AS SELECT 1 AS n');
    await first.stop();
    expect(isRunning(first.pid)).toBe(false);
    await first.stop();
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await query(second, 'SELECT n FROM t')).toEqual([[1]]);
  });

  test('survive the kill of every process, each time of three', async () => {
    for (let round = 1; round <= 3; round++) {
      const cluster = await start();
      await query(cluster, 'CREATE TABLE IF NOT EXISTS t (n int)');
      await query(cluster, `INSERT INTO t VALUES (${round})`);
      await cluster.kill();
      expect(isRunning(cluster.pid)).toBe(false);
      const again = await start();
      expect(again.adopted).toBe(false);
      expect(await query(again, 'SELECT count(*)::int FROM t')).toEqual([[round]]);
      await again.stop();
    }
  });

  test('survive the kill of the postmaster alone, while a backend is at work', async () => {
    const first = await start();
    await query(first, 'CREATE TABLE t AS SELECT 1 AS n');
    const busy = query(first, 'SELECT count(*) FROM generate_series(1, 30000000)').catch(() => undefined);
    process.kill(first.pid, 'SIGKILL');
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await query(second, 'SELECT n FROM t')).toEqual([[1]]);
    await busy;
  });
});

describe('kill -9 of the process that starts it', () => {
  /** Runs in a process of its own, from the built files, and never ends by itself. */
  function startElsewhere() {
    const program = `
      const { startCluster } = await import('@hq-sync/local-postgres/cluster');
      const cluster = await startCluster({ dataDir: ${JSON.stringify(dataDir)} });
      console.log(cluster.pid);
      setInterval(() => {}, 1000);`;
    const cwd = path.dirname(fileURLToPath(import.meta.url));
    return spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  test('leaves the server running, and the next start adopts it', async () => {
    const starter = startElsewhere();
    const [line] = (await once(starter.stdout, 'data')) as [Buffer];
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    const cluster = await start();
    expect(cluster).toMatchObject({ adopted: true, pid: Number(line.toString()) });
    expect(await query(cluster, 'SELECT 1')).toEqual([[1]]);
  });

  test.each([150, 400, 800])(
    '%d ms after its beginning, mostly within initdb, does no harm',
    async (delayMs) => {
      const starter = startElsewhere();
      await sleep(delayMs);
      starter.kill('SIGKILL');
      const cluster = await start();
      await query(cluster, 'CREATE TABLE t AS SELECT 1 AS n');
      await cluster.stop();
      expect(await query(await start(), 'SELECT n FROM t')).toEqual([[1]]);
    },
  );
});

describe('a start on a data directory', () => {
  test('adopts the server that runs there', async () => {
    const first = await start();
    const second = await start();
    expect(second).toMatchObject({ adopted: true, pid: first.pid, port: first.port });
    await second.stop();
    expect(isRunning(first.pid)).toBe(false);
  });

  test('copes with a postmaster.pid whose number has gone to another process', async () => {
    const first = await start();
    await query(first, 'CREATE TABLE t AS SELECT 1 AS n');
    await first.kill();
    const stranger = await runningProcess();
    const file = path.join(dataDir, 'postmaster.pid');
    await writeFile(file, (await readFile(file, 'utf8')).replace(/^\d+/, String(stranger.pid)));
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await query(second, 'SELECT n FROM t')).toEqual([[1]]);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    stranger.kill('SIGKILL');
  });

  test('clears away what a cut initdb left', async () => {
    await mkdir(`${dataDir}.unfinished-abc123/data/base`, { recursive: true });
    await writeFile(`${dataDir}.unfinished-abc123/data/PG_VERSION`, '18\n');
    const cluster = await start();
    expect(await query(cluster, 'SELECT 1')).toEqual([[1]]);
    expect((await readdir(folder)).sort()).toEqual(['data', 'data.log', 'data.password']);
  });

  test('leaves a folder of other things alone', async () => {
    await mkdir(dataDir);
    await writeFile(path.join(dataDir, 'letter.txt'), 'mine');
    expect(await codeOf(start())).toBe('not-a-cluster');
    expect(await readdir(dataDir)).toEqual(['letter.txt']);
  });

  const onLinux = process.platform === 'linux' ? test : test.skip;
  onLinux('says that no folder can be made there', async () => {
    expect(await codeOf(start({ dataDir: '/proc/nope/data' }))).toBe('no-permission');
  });

  test('says that the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    expect(await codeOf(start({ port }))).toBe('port-in-use');
    other.close();
  });

  test('says that the password file is missing', async () => {
    await (await start()).stop();
    await rm(`${dataDir}.password`);
    expect(await codeOf(start())).toBe('bad-password');
  });

  test('says what the server said when it does not start', async () => {
    const failure = start({ settings: { shared_buffers: 'much' } });
    await expect(failure).rejects.toThrow(/shared_buffers/);
  });
});
