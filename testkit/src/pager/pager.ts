import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { production } from '@hq-sync/alerts/thresholds';
import { eventually } from '../eventually.js';
import { Chain } from './chain.js';
import { Monitoring } from './monitoring.js';
import type { Page } from './webhook.js';

const storesPerRegion = 20;
/** 12 of 40 open stores: 30 %. */
const cutPerRegion = 6;
const cutWithinMs = 60_000;
/** Longer than a store that is out for itself would take to page. */
const watchedMs = (production.durations.disconnectedFor + 150) * 1_000;
/** Broken runs end; sound ones take 6 minutes a step at most. */
const patienceMs = 720_000;

export interface PagerFigure {
  readonly what: string;
  readonly value: string;
  readonly kept: boolean;
}

/**
 * With the durations of production: a store is cut alone, then 30 % of the stores within a minute, and with them a
 * closed one. Resolves to what came at the webhook. Takes about 20 minutes.
 */
export async function pagerFigures(say: (line: string) => void): Promise<PagerFigure[]> {
  const chain = await Chain.open();
  let monitoring: Monitoring | undefined;
  try {
    const stores = await openStores(chain);
    const folder = path.join(chain.folder, 'monitoring');
    await mkdir(folder);
    monitoring = await Monitoring.start(folder, production, chain.targets);
    return await outage(chain, monitoring, stores, say);
  } finally {
    await monitoring?.stop();
    await chain.close();
  }
}

interface Stores {
  readonly alone: string;
  readonly together: readonly string[];
  readonly open: number;
}

async function openStores(chain: Chain): Promise<Stores> {
  const together: string[] = [];
  for (const region of ['north', 'south'])
    for (let number = 1; number <= storesPerRegion; number += 1) {
      await chain.addStore(`${region}-${number}`, { region });
      if (number <= cutPerRegion) together.push(`${region}-${number}`);
    }
  await chain.addStore('closed-1', { openingHours: {} });
  return { alone: `north-${storesPerRegion}`, together, open: 2 * storesPerRegion };
}

async function outage(
  chain: Chain,
  monitoring: Monitoring,
  { alone, together, open }: Stores,
  say: (line: string) => void,
): Promise<PagerFigure[]> {
  const pages = () => monitoring.webhook.pages.filter(({ name }) => name !== 'HqWatchdog');
  const page = (name: string) =>
    eventually(name, () => pages().find((one) => one.name === name), Boolean, patienceMs) as Promise<Page>;
  await eventually(
    'every open store is synced',
    () => monitoring.query('fleet:hq_synced:count', 'level'),
    (count) => count.get('') === open,
    patienceMs,
  );

  const aloneMs = performance.now();
  chain.cut(alone);
  say(`${alone} is cut alone`);
  const alonePage = await page(`HqStoreDisconnected ${alone}`);

  const togetherMs = performance.now();
  chain.cut('closed-1');
  say(`${together.length} of ${open} stores are cut within ${seconds(cutWithinMs)}, and a closed one`);
  for (const storeId of together) {
    chain.cut(storeId);
    await sleep(cutWithinMs / together.length);
  }
  const outagePage = await page('HqMassOutage');
  say(`paged: ${outagePage.annotations['summary']}`);
  await eventually(
    'watched',
    () => performance.now() - togetherMs,
    (ms) => ms > watchedMs + cutWithinMs,
    patienceMs,
  );

  const restoredMs = performance.now();
  chain.restore(alone, 'closed-1', ...together);
  say('all lines are back');
  await eventually(
    'all is over',
    () => pages().every(({ resolvedMs }) => resolvedMs !== null),
    Boolean,
    patienceMs,
  );

  const names = pages().map(({ name }) => name);
  const expected = [alonePage.name, outagePage.name];
  const unexpected = names.filter((name) => !expected.includes(name));
  const of = (storeIds: readonly string[]) =>
    names.filter((name) => storeIds.includes(name.split(' ')[1] ?? ''));
  return [
    figure('pages for the mass outage', names.filter((name) => name === outagePage.name).length, 1),
    figure(`pages for the ${together.length} stores of it, one by one`, of(together).length, 0),
    figure('pages for the store that was cut alone', of([alone]).length, 1),
    figure('pages for the closed store that was cut', of(['closed-1']).length, 0),
    figure(
      'other pages',
      unexpected.filter((name) => !of([...together, 'closed-1']).includes(name)).length,
      0,
    ),
    took('cut alone, until its page', alonePage.firedMs - aloneMs),
    took('first cut of the mass outage, until the page', outagePage.firedMs - togetherMs),
    took('watched after the first cut, before the lines came back', restoredMs - togetherMs),
    took('lines back, until the mass outage was told to be over', outagePage.resolvedMs! - restoredMs),
    took('lines back, until the store cut alone was told to be back', alonePage.resolvedMs! - restoredMs),
    { what: 'summary of the page', value: outagePage.annotations['summary']!, kept: true },
  ];
}

const seconds = (ms: number) => `${Math.round(ms / 1_000)} s`;
const took = (what: string, ms: number): PagerFigure => ({ what, value: seconds(ms), kept: true });
const figure = (what: string, count: number, expected: number): PagerFigure => ({
  what,
  value: `${count}${count === expected ? '' : `, NOT ${expected}`}`,
  kept: count === expected,
});
