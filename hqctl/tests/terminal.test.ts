import { spawn, spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { useDesk } from './desk.js';
import { askHq, inPlaceOfHq } from './stand-in.js';
import { program } from './started.js';

/** util-linux's script runs a program at a terminal of its own. */
const hasScript = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '');
// eslint-disable-next-line no-console -- a skip must be loud
if (!hasScript) console.warn('skipped: no script of util-linux, so nothing is tried at a terminal');
const atTerminal = hasScript ? describe : describe.skip;

const desk = useDesk();

/** The program with a terminal of 100 columns and 12 lines at all its ends. */
function open(args: string) {
  const line = `stty cols 100 rows 12; exec ${process.execPath} ${program} ${args}`;
  const child = spawn('script', ['-qefc', line, '/dev/null'], {
    cwd: desk.home.folder,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: desk.home.folder,
      TERM: 'xterm',
      SHELL: '/bin/sh',
      ...desk.home.env,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  desk.endings.push(() => child.kill('SIGKILL'));
  let seen = '';
  child.stdout.on('data', (chunk) => (seen += chunk));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    ended,
    type: (text: string) => child.stdin.write(text),
    sees: (words: string | RegExp) =>
      eventually(
        `the terminal shows ${words}`,
        () => seen,
        (all) => new RegExp(words).test(all),
      ),
    get text() {
      return seen;
    },
  };
}

atTerminal('at a terminal', () => {
  test('what cannot be undone is asked for, and done only after a yes', async () => {
    await desk.hq.admin.createStore({ storeId: 'asked' });
    const no = open('stores archive asked');
    await no.sees('Archive asked\\?.*\\[y/N\\]');
    no.type('n\n');
    expect(await no.ended).toBe(2);
    expect(no.text).toContain('Nothing was done.');
    expect((await desk.hq.admin.call('GET', '/stores/asked')).body.archivedAt).toBeNull();

    const yes = open('stores archive asked');
    await yes.sees('\\[y/N\\]');
    yes.type('y\n');
    expect(await yes.ended).toBe(0);
    expect((await desk.hq.admin.call('GET', '/stores/asked')).body.archivedAt).not.toBeNull();
  });

  test('the list of stores is drawn again as it changes, cut to the terminal, until Ctrl-C', async () => {
    const watching = open('stores watch');
    await watching.sees('Ctrl-C ends it');
    for (let n = 10; n < 30; n += 1) await desk.hq.admin.createStore({ storeId: `live-${n}` });
    await watching.sees('live-10');
    await watching.sees('… \\d+ lines more');
    watching.type('\u0003');
    expect(await watching.ended).toBe(0);
    expect(watching.text).not.toContain('live-29');
  });

  test('a list that HQ answers no more is not shown as live, and is live again after that', async () => {
    let away = false;
    const url = await inPlaceOfHq(desk.endings, async (request, response, body) => {
      if (away) return request.socket.destroy();
      const { status, headers, text } = await askHq(desk.hq.url, request, body);
      response.writeHead(status, headers).end(text);
    });
    desk.home.knows(url, desk.hq.admin.token);
    const watching = open('stores watch --timeout 0.5');
    await watching.sees('Ctrl-C ends it');
    away = true;
    await watching.sees('Not up to date: HQ cannot be reached');
    away = false;
    await desk.hq.admin.createStore({ storeId: 'a-back-again', name: '!AAA' });
    await watching.sees('a-back-again');
    watching.type('\u0003');
    expect(await watching.ended).toBe(0);
  });
});
