import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { openBrowser } from '../browser.js';

/** Takes the README's pictures of the page of an HQ that runs: `npm start` in another terminal, then this. */
const url = process.argv[2] ?? 'http://127.0.0.1:8080';
const folder = path.resolve(process.argv[3] ?? 'docs/pictures');

/** A picture of the README is to load at once. */
const maxPictureBytes = 200_000;

/** From a cold start the stores have read everything of HQ after about ten seconds. */
const pulledWithinMs = 120_000;

const wide = { width: 1400, height: 720 };
const phone = { width: 390, height: 844 };

await mkdir(folder, { recursive: true });
const browser = await openBrowser();
try {
  await waitForPulls(await worstStore());
  await take('stores', '/', wide, 'light');
  await take('stores-dark', '/', wide, 'dark');
  await take('stores-phone', '/', phone, 'light');
  await take('store', await worstStore(), wide, 'light', 1_300);
  await take('store-phone', await worstStore(), phone, 'dark');
} finally {
  await browser.close();
}

async function take(
  name: string,
  address: string,
  viewport: { width: number; height: number },
  colorScheme: 'light' | 'dark',
  height = viewport.height,
): Promise<void> {
  const page = await browser.newPage({ viewport: { ...viewport, height }, colorScheme });
  await page.goto(`${url}${address}`);
  await page.locator('html[data-live=yes]').waitFor({ timeout: 10_000 });
  const file = path.join(folder, `${name}.png`);
  await page.screenshot({ path: file });
  const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  const { size } = await stat(file);
  process.stdout.write(
    `${file}: ${Math.ceil(size / 1_000)} kB${overflow > 0 ? `, ${overflow} px too wide` : ''}\n`,
  );
  if (size > maxPictureBytes) throw new Error(`${file} has more than ${maxPictureBytes} bytes.`);
  await page.close();
}

/** Until the store has of every entity what HQ has for it: before that a picture shows the start, and not the work. */
async function waitForPulls(address: string): Promise<void> {
  const page = await browser.newPage();
  await page.goto(`${url}${address}`);
  const timeout = pulledWithinMs;
  await page.locator('html[data-live=yes]').waitFor({ timeout });
  const pulls = page.locator('.entities tbody tr', { hasText: '↓ pull' });
  for (const behind of [
    pulls.filter({ hasText: 'never' }),
    page.locator('.pulls tbody tr').filter({ hasNotText: 'up to date' }),
  ])
    await behind.first().waitFor({ state: 'detached', timeout });
  await page.close();
}

/** The one with errors that a person would open first. */
async function worstStore(): Promise<string> {
  const page = await browser.newPage();
  await page.goto(url);
  const rows = page.locator('[data-rows] tr[data-group=errors] a');
  const first = (await rows.count()) > 0 ? rows.first() : page.locator('[data-rows] a').first();
  const address = await first.getAttribute('href');
  await page.close();
  if (address === null) throw new Error(`${url} shows no store.`);
  return address;
}
