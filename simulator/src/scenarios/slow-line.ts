import { fastLine, thinLine } from '../line/line-shape.js';
import type { Scenario } from './scenario.js';
import { sellMany } from './sell-many.js';

/** For longer than a heartbeat's interval, so that HQ hears of the backlog. */
const rushSales = 350;
const rushSalesPerSecond = 10;
const slowSeconds = 30;

/** The line is that of a phone in a cellar. The store is seconds behind, and stays connected. */
export const slowLine: Scenario = async (store, context) => {
  const { pause, say } = context;
  const { line } = store.server;
  say('the line becomes slow and lossy: 128 kbit/s, 1 s round trip, 2 % loss; there is a rush at the tills');
  line.become(thinLine);
  try {
    await sellMany(store, rushSales, rushSalesPerSecond, context);
    await pause(slowSeconds);
  } finally {
    const { pendingRecords } = store.server.running.status();
    say(`the line is fast again; ${pendingRecords} records wait to be pushed`);
    line.become(fastLine);
  }
};
