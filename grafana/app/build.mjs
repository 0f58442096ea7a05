// Bundles the app into `dist`, a folder of plugins for Grafana. Does nothing while that is newer than all it is made of.
import { copyFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const sources = path.join(here, 'src');
const bundle = path.join(here, 'dist', 'hqsync-manager-app');
const copied = ['plugin.json', 'logo.svg'];

/** @throws Error with what webpack found wrong. */
export async function buildApp() {
  const files = readdirSync(sources, { recursive: true }).map((file) => path.join(sources, file));
  const config = path.join(here, 'webpack.config.mjs');
  const [newest, built] = [Math.max(...[...files, config].map(changedAtMs)), changedAtMs(lastCopied(files))];
  if (built > newest) return;
  const { default: webpack } = await import('webpack');
  const { default: options } = await import('./webpack.config.mjs');
  await new Promise((resolve, reject) =>
    webpack(options, (error, stats) => {
      if (error || stats.hasErrors())
        reject(error ?? new Error(stats.toString({ all: false, errors: true })));
      else resolve();
    }),
  );
  for (const file of files.filter(isCopied)) copyFileSync(file, placeOf(file));
}

const isCopied = (file) => copied.includes(path.basename(file));
const placeOf = (file) => path.join(bundle, path.relative(sources, file));
/** Of a build that was cut short this is missing. */
const lastCopied = (files) => placeOf(files.filter(isCopied).at(-1));
const changedAtMs = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildApp();
