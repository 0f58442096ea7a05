import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from './child.mjs';
import { PlainError } from './plain-error.mjs';

/** Kept in node_modules, so that it goes with it: the hash of the package-lock.json that was installed. */
const HASH_FILE = '.hq-lock-hash';
/** npm's own list of what it installed, written at the end of an install. */
const NPM_LIST = '.package-lock.json';
const SHOWN_LINES = 30;

/** Installs the packages when node_modules is missing, cut off in the middle, or of another package-lock.json. */
export async function installWhatIsMissing(root, writable) {
  const lock = await readOrUndefined(path.join(root, 'package-lock.json'));
  if (lock === undefined)
    throw new PlainError(`There is no package-lock.json in ${root}: clone the project again.`);
  const hash = createHash('sha256').update(lock).digest('hex');
  const modules = path.join(root, 'node_modules');
  if ((await readOrUndefined(path.join(modules, HASH_FILE)))?.trim() === hash) return;
  if (!(await wasInstalledByHand(modules, lock))) {
    if (!writable)
      throw new PlainError(`Packages have to be installed, and this user may not write to ${root}.`);
    await install(root);
  }
  // Without the note the packages are compared again next time, which costs some milliseconds.
  await writeFile(path.join(modules, HASH_FILE), `${hash}\n`).catch(() => undefined);
}

/** Somebody may have run npm himself: then npm's list holds each package of the lock file in the same version. */
async function wasInstalledByHand(modules, lock) {
  const list = await readOrUndefined(path.join(modules, NPM_LIST));
  if (list === undefined) return false;
  const installed = JSON.parse(list).packages ?? {};
  const wanted = Object.entries(JSON.parse(lock).packages ?? {}).filter(([place]) =>
    place.includes('node_modules/'),
  );
  return wanted.every(([place, { version, optional }]) => optional || installed[place]?.version === version);
}

async function install(root) {
  console.log('Installing packages (about a minute, the first time only) ...');
  // A development package builds the program, so NODE_ENV=production must not leave it out; the database is optional
  // to npm, because its package differs by platform.
  const options = ['--no-audit', '--no-fund', '--include=dev', '--include=optional'];
  const { code, output } = await runNpm(['ci', ...options], root);
  if (code === 0) return;
  const said = output.split('\n').slice(-SHOWN_LINES).join('\n');
  throw new PlainError(
    `The packages could not be installed: npm ended with ${code}. The end of what it said:\n${said}`,
  );
}

/** The npm that started us, if one did: it need not be in PATH. Yarn and others set the variable as well. */
function runNpm(args, root) {
  const starter = process.env.npm_execpath ?? '';
  if (starter.endsWith('npm-cli.js')) return run(process.execPath, [starter, ...args], root);
  // On Windows npm is a script of the shell's.
  return run('npm', args, root, { shell: process.platform === 'win32' });
}

async function readOrUndefined(file) {
  return readFile(file, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
