import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { makeContender, type ContenderName } from './metrics-contenders.js';
import { heartbeatEverySecondStore, makeFleet } from './metrics-fleet.js';

/**
 * A process of its own for each contender, that none pays for another's garbage: `node metrics-server.js <name> <stores>`.
 * It sends its port to the parent and answers
 *   POST /change/<round>   the milliseconds that taking over the changes took, as text; stalls count from there
 *   GET  /metrics          the exposition, gzipped where accepted
 *   GET  /state            ServerState
 */
export interface ServerState {
  /** Longest time that the event loop stood still since the latest change. */
  readonly stallMs: number;
  readonly residentBytes: number;
}

const [name, stores] = process.argv.slice(2);
const fleet = makeFleet(Number(stores));
const contender = await makeContender(name as ContenderName, fleet);
const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();

const server = createServer((request, response) => {
  void (async () => {
    const [, path, round] = request.url!.split('/');
    if (path === 'change') {
      const changed = heartbeatEverySecondStore(fleet, Number(round));
      await setTimeout(50);
      delays.reset();
      const startedAt = performance.now();
      await contender.change(changed);
      response.end(String(performance.now() - startedAt));
    } else if (path === 'state') {
      const state: ServerState = {
        stallMs: delays.max / 1e6,
        residentBytes: process.memoryUsage.rss(),
      };
      response.end(JSON.stringify(state));
    } else {
      await contender.scrape(response, request.headers['accept-encoding'] === 'gzip');
    }
  })();
});
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
