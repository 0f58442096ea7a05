import { spawn } from 'node:child_process';
import path from 'node:path';
import { orSayWhy } from './plain-error.mjs';
import { ROOT, prepare } from './prepare.mjs';

/** Prepares the folder, runs jest and ends as it ends. */
export async function runTests(args) {
  const ready = await orSayWhy(async () => {
    await prepare();
    return true;
  });
  if (!ready) return;
  const jest = path.join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  // Jest runs ES modules in contexts of node:vm, which Node still counts as experimental.
  const flags = ['--experimental-vm-modules', '--no-warnings'];
  const child = spawn(process.execPath, [...flags, jest, ...args], { cwd: ROOT, stdio: 'inherit' });
  // The terminal sends Ctrl-C to jest as well: wait for how it ends.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
}
