import { afterEach, expect, jest, test } from '@jest/globals';
import express from 'express';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { maxScrapes, maxStaleMs, scrapeWaitMs, storesEndpoint } from '../../src/metrics/stores-endpoint.js';
import type { FleetReading } from '../../src/metrics/fleet-reading.js';
import { fleetOf, makeSample } from './fleet-fixture.js';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  jest.useRealTimers();
  for (const close of open.splice(0)) await close();
});

/** The endpoint on a real port over `readFleet`, with a clock that tests set and the warnings that it logged. */
async function serve(readFleet: () => Promise<FleetReading>) {
  const clock = { ms: 1_000 };
  const warnings: string[] = [];
  const log = { warn: (_: object, message: string) => void warnings.push(message) };
  const endpoint = storesEndpoint(readFleet, { now: () => clock.ms, log });
  const app = express();
  app.get('/metrics/stores', endpoint.handler);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const get = (method = 'GET', headers: http.OutgoingHttpHeaders = {}) => request(port, method, headers);
  return { clock, warnings, endpoint, port, get };
}

async function request(port: number, method: string, headers: http.OutgoingHttpHeaders) {
  const sent = http
    .request({ host: '127.0.0.1', port, path: '/metrics/stores', method, headers, agent: false })
    .end();
  const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return { status: response.statusCode, headers: response.headers, body, text: body.toString() };
}

/** A fleet whose text is far larger than what sockets buffer. */
function largeFleet(): FleetReading {
  return fleetOf(...Array.from({ length: 4_000 }, (_, n) => makeSample({ storeId: `store-${n}` })));
}

test('each scrape reads the fleet: what is gone before it is gone in it', async () => {
  let fleet = fleetOf(makeSample({ storeId: 'a' }), makeSample({ storeId: 'b' }));
  const { get } = await serve(async () => fleet);
  const first = await get();
  expect(first.status).toBe(200);
  expect(first.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(first.headers['content-length']).toBe(String(first.body.length));
  expect(first.text).toContain('store_id="b"');
  fleet = fleetOf(makeSample({ storeId: 'a' }));
  expect((await get()).text).not.toContain('store_id="b"');
});

test('a scrape that comes while a reading is under way gets the next one', async () => {
  const ends: ((fleet: FleetReading) => void)[] = [];
  const { get } = await serve(() => new Promise((resolve) => ends.push(resolve)));
  const first = get();
  while (ends.length < 1) await new Promise(setImmediate);
  const second = get();
  await new Promise((resolve) => setTimeout(resolve, 50));
  ends[0]!(fleetOf(makeSample({ storeId: 'before' })));
  expect((await first).text).toContain('store_id="before"');
  while (ends.length < 2) await new Promise(setImmediate);
  ends[1]!(fleetOf(makeSample({ storeId: 'after' })));
  expect((await second).text).toContain('store_id="after"');
});

test('gzip where it is accepted, with the same text', async () => {
  const { get } = await serve(async () => largeFleet());
  const plain = await get();
  const gzipped = await get('GET', { 'Accept-Encoding': 'gzip' });
  expect(gzipped.headers['content-encoding']).toBe('gzip');
  expect(gunzipSync(gzipped.body).equals(plain.body)).toBe(true);
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect((await get('GET', { 'Accept-Encoding': 'gzip;q=0' })).headers['content-encoding']).toBeUndefined();
});

test('HEAD has the headers of GET and no body', async () => {
  const { get } = await serve(async () => fleetOf(makeSample()));
  const [headOfIt, whole] = [await get('HEAD'), await get()];
  expect(headOfIt.status).toBe(200);
  expect(headOfIt.body).toHaveLength(0);
  expect(headOfIt.headers['content-length']).toBe(whole.headers['content-length']);
});

test('without Postgres: the last snapshot while it is young, 503 from 15 s on, fresh again when it is back', async () => {
  let isAway = false;
  const { get, clock, warnings } = await serve(async () => {
    if (isAway) throw new Error('away');
    return fleetOf(makeSample());
  });
  expect((await get()).status).toBe(200);
  isAway = true;
  clock.ms += maxStaleMs - 1;
  expect((await get()).text).toContain('hq_store_connected{store_id="store-1"} 1');
  expect(warnings).toEqual(['store metrics could not be refreshed']);
  clock.ms += 1;
  const stale = await get();
  expect(stale.status).toBe(503);
  expect(stale.headers['content-type']).toMatch('application/problem+json');
  expect(JSON.parse(stale.text)).toMatchObject({ status: 503, code: 'database_unavailable', retry: true });
  isAway = false;
  expect((await get()).status).toBe(200);
});

test('503 when there has been no snapshot yet', async () => {
  const { get } = await serve(() => Promise.reject(new Error('away')));
  expect((await get()).status).toBe(503);
});

test('a reading that hangs is not waited for longer than a scraper would', async () => {
  let hangs = false;
  const { get } = await serve(() => (hangs ? new Promise(() => {}) : Promise.resolve(fleetOf(makeSample()))));
  await get();
  hangs = true;
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance', 'Date'] });
  const answer = get();
  while (jest.getTimerCount() === 0) await new Promise(setImmediate);
  await jest.advanceTimersByTimeAsync(scrapeWaitMs);
  expect((await answer).status).toBe(200);
});

test('clients that go away or read slowly hold up nobody else', async () => {
  const { get, port, warnings } = await serve(async () => largeFleet());
  const [gone, slow] = await Promise.all(
    [0, 1].map(async () => {
      const sent = http.get({ host: '127.0.0.1', port, path: '/metrics/stores', agent: false });
      const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
      return response.pause();
    }),
  );
  gone!.destroy();
  const whole = await get();
  expect(whole.status).toBe(200);
  while (warnings.length === 0) await new Promise(setImmediate);
  expect(warnings).toEqual(['a scraper of store metrics did not take the whole answer']);

  let bytes = 0;
  for await (const chunk of slow!) bytes += (chunk as Buffer).length;
  expect(bytes).toBe(whole.body.length);
});

test('scrapes at once are bounded', async () => {
  let end = (_: FleetReading) => {};
  const reading = new Promise<FleetReading>((resolve) => (end = resolve));
  const { get } = await serve(() => reading);
  const waiting = Array.from({ length: maxScrapes }, () => get());
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect((await get()).status).toBe(429);
  end(fleetOf(makeSample()));
  expect(new Set((await Promise.all(waiting)).map(({ status }) => status))).toEqual(new Set([200]));
});

test('closed, it answers 503 and reads no more', async () => {
  let reads = 0;
  const { get, endpoint } = await serve(async () => {
    reads++;
    return fleetOf(makeSample());
  });
  await get();
  await endpoint.close();
  expect((await get()).status).toBe(503);
  expect(reads).toBe(1);
});
