import { access, constants, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { run } from './child.mjs';
import { installWhatIsMissing } from './install.mjs';
import { takeLock } from './lock.mjs';
import { PlainError } from './plain-error.mjs';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

const WAIT_LIMIT_MS = 15 * 60_000;
const POLL_MS = 250;

/**
 * Installs what is missing and builds what is not up to date, in this clone. Throws a PlainError with a sentence for
 * a person. A start and a test at the same time take turns.
 */
export async function prepare() {
  const release = await waitForTurn();
  try {
    const writable = await isWritable(ROOT);
    await installWhatIsMissing(ROOT, writable);
    await build(writable);
  } finally {
    await release();
  }
}

async function waitForTurn() {
  const deadline = Date.now() + WAIT_LIMIT_MS;
  for (let said = false; Date.now() < deadline; said = true) {
    const release = await takeLock('prepare', ROOT);
    if (release !== undefined) return release;
    if (!said) console.log('Another start or test is installing or building here: waiting for it ...');
    await sleep(POLL_MS);
  }
  throw new PlainError(
    `Another start or test has been installing in ${ROOT} for ${WAIT_LIMIT_MS / 60_000} minutes.`,
  );
}

async function build(writable) {
  const tsc = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  if (!writable) return refuseUnlessBuilt(tsc);
  const fresh = await forgetRemovedOutput();
  if (fresh) console.log('Building (about 10 s, the first time only) ...');
  const { code, output } = await run(process.execPath, [tsc, '-b'], ROOT);
  if (code !== 0) throw new PlainError(`The build failed:\n${output}`);
  // A process of its own: what is built with may have been installed just now.
  const app = await run(process.execPath, [path.join(ROOT, 'grafana', 'app', 'build.mjs')], ROOT);
  if (app.code !== 0) throw new PlainError(`The build of the Grafana app failed:\n${app.output}`);
}

/** In a folder that cannot be written what was built before is good enough, if it is up to date. */
async function refuseUnlessBuilt(tsc) {
  const { output } = await run(process.execPath, [tsc, '-b', '--dry'], ROOT);
  if (!output.includes('would build project') && (await exists(path.join(ROOT, 'demo', 'dist', 'main.js'))))
    return;
  throw new PlainError(`The program has to be built, and this user may not write to ${ROOT}.`);
}

/**
 * tsc notes beside each workspace what it built, and believes the note even when `dist` was removed since.
 * Returns whether some workspace has not been built at all.
 */
async function forgetRemovedOutput() {
  const { workspaces } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'));
  let fresh = false;
  for (const workspace of workspaces) {
    if (await exists(path.join(ROOT, workspace, 'dist'))) continue;
    await rm(path.join(ROOT, workspace, 'tsconfig.tsbuildinfo'), { force: true });
    fresh = true;
  }
  return fresh;
}

async function isWritable(directory) {
  return access(directory, constants.W_OK).then(
    () => true,
    () => false,
  );
}

async function exists(file) {
  return stat(file).then(
    () => true,
    () => false,
  );
}
