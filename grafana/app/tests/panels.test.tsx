/** @jest-environment jsdom */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { PanelProps } from '@grafana/data';
import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { TextDecoder, TextEncoder } from 'node:util';
import React, { type ComponentType } from 'react';
import { plugin as errors } from '../src/panels/errors/module.js';
import { plugin as maintenance } from '../src/panels/maintenance/module.js';
import { plugin as resync } from '../src/panels/resync/module.js';
import { plugin as token } from '../src/panels/token/module.js';
import { aborted, answers, config, sent, silence } from './grafana-runtime.js';

const status = {
  store: {
    storeId: 's/1',
    name: 'Main Street',
    region: 'North',
    status: 'connected',
    get dataAsOf() {
      return new Date().toISOString();
    },
  },
  entities: [
    { entity: 'products', mayResync: true },
    { entity: 'users', mayResync: true },
    { entity: 'customers', mayResync: false },
    { entity: 'sales', mayResync: false },
  ],
};
const cost = {
  records: 1_200,
  bytes: 2_500_000,
  seconds: 40,
  openNow: false,
  opensAt: '2026-11-24T08:00:00Z',
  endsBeforeOpening: true,
};
const job = {
  jobId: 'job-1',
  entities: ['products'],
  state: 'running',
  message: null,
  createdAt: new Date().toISOString(),
  createdBy: 'ed (grafana operator)',
  endedAt: null,
  recordsTotal: 200,
  recordsConfirmed: 50,
  percent: 25,
};

/** Of the event loop's microtasks, between a request and what is shown of its answer. */
const maxTurns = 50;

beforeEach(() => {
  jest.useFakeTimers();
  sent.length = 0;
  aborted.length = 0;
  config.bootData.user.orgRole = 'Editor';
  // jsdom lacks them, and has the dialog but not how it opens.
  Object.assign(globalThis, { TextDecoder, TextEncoder });
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  answers.splice(
    0,
    answers.length,
    ['GET /view/stores/s%2F1/status', status],
    ['GET /view/stores/s%2F1/resync-preview', cost],
    ['GET /view/resync-jobs', { items: [], next: null }],
    ['GET /view/stores/s%2F1/tokens', { items: [] }],
    ['GET /view/errors', { items: [], next: null }],
    ['GET /view/quarantine', { items: [], next: null }],
    ['GET /view/maintenance-windows', { items: [], next: null }],
  );
});
afterEach(() => {
  cleanup();
  jest.useRealTimers();
});

async function open(plugin: object, store = 's/1', options: object = {}) {
  const Panel = (plugin as { panel: ComponentType<PanelProps> }).panel;
  const replaceVariables = (text: string) => text.replace('${store:raw}', store);
  const opened = render(
    <Panel width={400} height={300} options={options as never} replaceVariables={replaceVariables} />,
  );
  await settle();
  return opened;
}
/** Lets what was answered arrive, some milliseconds later: a reading may follow another one. */
const settle = (ms = 0) =>
  act(async () => {
    await jest.advanceTimersByTimeAsync(ms);
    for (let turn = 0; turn < maxTurns; turn++) await Promise.resolve();
  });
const press = async (name: string, where: { getByRole: typeof screen.getByRole } = screen) => {
  fireEvent.click(where.getByRole('button', { name }));
  await settle();
};
const posts = () => sent.filter(({ method }) => method !== 'GET');
const text = () => document.body.textContent;

describe('who may do what', () => {
  test.each([
    ['Viewer', []],
    ['Editor', ['Rotate …']],
    ['Admin', ['Rotate …', 'Generate …']],
    ['', []],
  ])('tokens, for the role %j', async (role, buttons) => {
    config.bootData.user.orgRole = role;
    await open(token);
    expect(screen.queryAllByRole('button').map((button) => button.textContent)).toEqual(buttons);
  });

  test('a panel of one store asks for one, and says nothing to HQ before', async () => {
    await open(resync, '$__all');
    expect(text()).toContain('Choose one store above.');
    expect(sent).toEqual([]);
  });

  test.each([
    ['all', '$__all', {}, false],
    ['none', '', {}, false],
    ['one', 's/1', {}, true],
    ['one, where the dashboard is about all', 's/1', { everyStore: true }, false],
  ])('errors are of the store that is chosen: %s', async (_, store, options, ofStore) => {
    await open(errors, store, options);
    expect(sent.every(({ url }) => url.includes('storeId=s%2F1') === ofStore)).toBe(true);
    expect(sent).toHaveLength(2);
  });
});

describe('force resync', () => {
  test('says what it costs, and sends nothing before it is confirmed', async () => {
    answers.push(['POST /act/stores/s%2F1/resync', job]);
    await open(resync);
    expect(text()).toContain(
      '1,200 records, 2.5 MB before compression, about 40 s. ✓ Over before the store opens',
    );
    fireEvent.click(screen.getByLabelText('users'));
    await settle();
    await press('Force resync …');
    const dialog = within(screen.getByRole('dialog', { name: 'Force a resync of Main Street?' }));
    expect(dialog.getByText(/reads products again/)).toBeTruthy();
    expect(posts()).toEqual([]);
    await press('Back', dialog);
    expect(screen.queryByRole('dialog')).toBeNull();
    await press('Force resync …');
    await press('Force resync', within(screen.getByRole('dialog')));
    expect(posts()).toMatchObject([{ data: { entities: ['products'] } }]);
    expect(screen.getByText('✓ The resync of Main Street was asked for.')).toBeTruthy();
  });

  test('is asked about every 2 s while it runs, every 15 s when it does not, and not when the panel has gone', async () => {
    const { unmount } = await open(resync);
    const readings = () => sent.filter(({ url }) => url.includes('/resync-jobs')).length;
    await settle(14_999);
    expect(readings()).toBe(1);
    answers.push(['GET /view/resync-jobs', { items: [job], next: null }]);
    await settle(1);
    expect(readings()).toBe(2);
    expect(screen.getByRole('progressbar').getAttribute('value')).toBe('25');
    expect(text()).toContain('50 of 200 records applied by the store');
    expect(screen.queryAllByRole('listitem')).toEqual([]);
    await settle(2_000);
    expect(readings()).toBe(3);
    answers.push(['GET /view/resync-jobs', silence]);
    await settle(2_000);
    expect(readings()).toBe(4);
    unmount();
    expect(aborted).toContainEqual(expect.stringContaining('GET /view/resync-jobs'));
    await settle(60_000);
    expect(readings()).toBe(4);
  });
});

describe('an action that does not succeed says why', () => {
  test.each([
    [
      409,
      { title: 'Another resync of this store is under way', detail: 'Job 7 is under way.' },
      '✖ Another resync of this store is under way: Job 7 is under way.',
    ],
    [
      400,
      { title: 'The request does not fit', errors: [{ path: 'body.x', message: 'is no y' }] },
      '✖ The request does not fit: body.x is no y',
    ],
    [
      403,
      { message: 'plugin proxy route access denied' },
      '✖ Your role in Grafana does not allow this: plugin proxy route access denied',
    ],
    [502, undefined, '✖ HQ does not answer.'],
    [0, { message: 'Failed to fetch' }, '✖ HQ does not answer: Failed to fetch'],
  ])('%d', async (refused, data, said) => {
    answers.push(['POST /act/', { refused, data }]);
    await open(token);
    await press('Rotate …');
    await press('Rotate token', within(screen.getByRole('dialog')));
    expect(screen.getByRole('status').textContent).toBe(said);
  });

  test('what becomes of it is asked about every 2 s for half a minute', async () => {
    const readings = () => sent.filter(({ url }) => url.includes('/tokens')).length;
    answers.push(['POST /act/', { commandId: 'c' }]);
    await open(token);
    await press('Rotate …');
    await press('Rotate token', within(screen.getByRole('dialog')));
    const before = readings();
    await settle(2_000);
    expect(readings()).toBe(before + 1);
    await settle(30_000);
    const afterwards = readings();
    await settle(14_000);
    expect(readings() - afterwards).toBeLessThan(2);
  });

  test('sent again after no answer came it is the same decision, and another one after an answer', async () => {
    const again = async () => {
      await press('Rotate …');
      await press('Rotate token', within(screen.getByRole('dialog')));
      return posts().at(-1)!.headers!['Idempotency-Key'];
    };
    answers.push(['POST /act/', { refused: 502, data: {} }]);
    await open(token);
    const first = await again();
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(await again()).toBe(first);
    answers.push(['POST /act/', { commandId: 'c' }]);
    expect(await again()).toBe(first);
    expect(await again()).not.toBe(first);
  });

  test('sent again later it is the same, also where it says until when', async () => {
    const again = async () => {
      await press('Set maintenance …');
      const dialog = within(screen.getByRole('dialog'));
      fireEvent.change(dialog.getByLabelText('Why'), { target: { value: 'a new roof' } });
      await press('Set maintenance', dialog);
      return posts().at(-1)!;
    };
    answers.push(['POST /act/', { refused: 502, data: {} }]);
    await open(maintenance);
    const first = await again();
    answers.push(['POST /act/', { endsAt: (first.data as { endsAt: string }).endsAt }]);
    await settle(60_000);
    expect(await again()).toEqual(first);
    expect(text()).toContain('nobody is paged for 59 minutes.');
    await settle(5_000);
    const { data, headers } = await again();
    expect(headers).not.toEqual(first.headers);
    expect(data).not.toEqual(first.data);
  });

  test('what was read stays beside why it cannot be read now', async () => {
    await open(resync);
    answers.push(['GET /view/', { refused: 503, data: { title: 'HQ is overloaded' } }]);
    await settle(15_000);
    expect(text()).toContain('✖ HQ is overloaded.');
    expect(text()).toContain('1,200 records');
  });
});

describe('secrets and records', () => {
  test('a secret is shown until its dialog is closed', async () => {
    config.bootData.user.orgRole = 'Admin';
    answers.push(['POST /manage/stores/s%2F1/tokens', { tokenId: '12345678-x', token: 'hqs_secret' }]);
    await open(token);
    await press('Generate …');
    await press('Generate token', within(screen.getByRole('dialog')));
    expect(posts()).toMatchObject([{ data: { overlapMinutes: 60 } }]);
    expect(screen.getByLabelText('The token').textContent).toBe('hqs_secret');
    await press('Close', within(screen.getByRole('dialog', { name: 'The new token of Main Street' })));
    expect(document.body.innerHTML).not.toContain('hqs_secret');
  });

  const held = (line: string, quarantineId: number) => ({
    quarantineId,
    storeId: 's/1',
    entity: 'sales',
    recordId: 'r',
    revision: 1,
    code: 'bad_one',
    message: null,
    content: btoa(String.fromCharCode(...new TextEncoder().encode(line))),
    receivedAt: new Date().toISOString(),
    times: 2,
  });

  test.each([
    ['an object', '{"id":"ü","revision":1,"data":{}}', true],
    ['no JSON', '{"id":', false],
    ['no object', '[1]', false],
  ])(
    'a record is shown as it came, and can be corrected when it is an object: %s',
    async (_, line, correctable) => {
      answers.push(['GET /view/quarantine', { items: [held(line, 7)], next: null }]);
      await open(errors);
      expect(document.querySelector('pre')!.textContent!.replace(/\s/g, '')).toBe(line);
      expect(screen.queryByRole('button', { name: 'Correct and replay …' }) !== null).toBe(correctable);
    },
  );

  test('a correction that is being written stays when the record is held anew, by another id', async () => {
    const line = '{"id":"r","revision":1,"data":{}}';
    answers.push(
      ['GET /view/quarantine', { items: [held(line, 7)], next: null }],
      ['POST /act/quarantine/8/replay', { outcome: 'accepted' }],
    );
    await open(errors);
    await press('Correct and replay …');
    const corrected = { id: 'r', revision: 1, data: { currency: 'USD' } };
    const dialog = within(screen.getByRole('dialog'));
    fireEvent.change(dialog.getByLabelText('The record'), { target: { value: JSON.stringify(corrected) } });
    answers.push(['GET /view/quarantine', { items: [held(line, 8)], next: null }]);
    await settle(15_000);
    await press('Replay corrected', dialog);
    expect(posts()).toMatchObject([{ data: { record: corrected } }]);
    expect(text()).toContain('was replayed: accepted.');
  });

  test('maintenance begins and ends by HQ’s clock, also where the browser’s is wrong', async () => {
    const hqNowMs = Date.now() + 3 * 3_600_000;
    answers.push(
      [
        'GET /view/stores/s%2F1/status',
        { ...status, store: { ...status.store, dataAsOf: new Date(hqNowMs).toISOString() } },
      ],
      ['POST /act/maintenance-windows', { endsAt: new Date(hqNowMs + 30 * 60_000).toISOString() }],
    );
    await open(maintenance);
    await press('Set maintenance …');
    const dialog = within(screen.getByRole('dialog'));
    fireEvent.change(dialog.getByLabelText('Minutes'), { target: { value: '30' } });
    fireEvent.change(dialog.getByLabelText('Why'), { target: { value: 'a new roof' } });
    await press('Set maintenance', dialog);
    const { data } = posts()[0]! as unknown as { data: { scope: object; endsAt: string } };
    expect(data).toMatchObject({ scope: { storeId: 's/1' }, reason: 'a new roof' });
    expect(Date.parse(data.endsAt) - hqNowMs).toBeCloseTo(30 * 60_000, -4);
    expect(text()).toContain('nobody is paged for 30 minutes.');
  });
});
