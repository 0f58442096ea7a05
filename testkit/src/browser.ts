import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** Where distributions put it; `CHROMIUM` names another. */
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The program of a Chromium on this machine, if there is one. */
export const chromiumPath = [process.env['CHROMIUM'], ...places].find(
  (place) => place !== undefined && existsSync(place),
);

/** @throws when there is no Chromium: ask `chromiumPath` first. */
export function openBrowser(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('No Chromium: apt-get install chromium, or set CHROMIUM.');
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: chromiumPath, args: asRoot });
}
