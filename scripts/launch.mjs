import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { PlainError, orSayWhy } from './plain-error.mjs';
import { ROOT, prepare } from './prepare.mjs';
import { takeLock } from './lock.mjs';

/** Prepares the folder and becomes the demo: its main file runs in this process and gets the same arguments. */
export async function launchDemo(args) {
  const ready = await orSayWhy(async () => {
    if (!args.includes('--help') && !args.includes('-h')) await holdDataDirectory();
    await prepare();
    return true;
  });
  if (!ready) return;
  const main = path.join(ROOT, 'demo', 'dist', 'main.js');
  process.argv[1] = main;
  await import(pathToFileURL(main).href);
}

async function holdDataDirectory() {
  const dataDir = path.resolve(process.env.HQ_DATA_DIR || path.join(ROOT, '.data'));
  if (await takeLock('data', dataDir)) return;
  throw new PlainError(
    `Another start is already running on ${dataDir}: stop it, or choose another HQ_DATA_DIR.`,
  );
}
