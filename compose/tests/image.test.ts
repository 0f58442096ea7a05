import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createTestDatabase, type TestDatabase } from '@hq-sync/testkit/test-database';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

let folder: string;
let database: TestDatabase;
let collector: ChildProcess | undefined;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hq-image-'));
  database = await createTestDatabase();
});
afterAll(async () => {
  if (collector && collector.exitCode === null) {
    collector.kill('SIGTERM');
    await once(collector, 'exit');
  }
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

// The installation of the packages takes most of it.
test('the files of the image are a collector that starts, with the password from a file', async () => {
  const image = path.join(folder, 'image');
  await run('scripts/image-files.sh', [image], { cwd: root });
  const passwordFile = path.join(folder, 'password');
  const url = new URL(database.url);
  await writeFile(passwordFile, `${decodeURIComponent(url.password)}\n`);
  await chmod(passwordFile, 0o444);
  url.password = '';

  collector = spawn(process.execPath, ['hq-collector/dist/main.js'], {
    cwd: image,
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      DATABASE_URL: url.href,
      HQ_DATABASE_PASSWORD_FILE: passwordFile,
      HQ_ADMIN_TOKEN_FILE: path.join(folder, 'token'),
      HQ_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = await new Promise<string>((resolve, reject) => {
    let log = '';
    collector!.stdout!.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      const port = /"port":(\d+)[^\n]*"collector started"/.exec(log)?.[1];
      if (port) resolve(`http://127.0.0.1:${port}`);
    });
    collector!.once('exit', () => reject(new Error(`it ended: ${log}`)));
  });
  expect((await fetch(`${address}/readyz`)).status).toBe(200);
  const packages = JSON.parse(await readFile(path.join(image, 'package.json'), 'utf8')) as object;
  expect(packages).not.toHaveProperty('devDependencies');
}, 240_000);
