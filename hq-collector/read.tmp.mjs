import pg from 'pg'; import express from 'express'; import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { FleetSource } from './dist/metrics/fleet-source.js';
import { createStoresEndpoint } from './dist/metrics/stores-endpoint.js';
const pool = new pg.Pool({ host:'/tmp/mpg', port:5599, user:'postgres', database:'postgres' });
const h = monitorEventLoopDelay({resolution:1}); h.enable();
const src = new FleetSource(pool);
for (let i=0;i<8;i++){ h.reset(); const t=performance.now(); const f=await src.read(); console.log('read', f.size, (performance.now()-t).toFixed(0),'ms stall', (h.max/1e6).toFixed(1)); }
await pool.query("update hq.store_entity set changed_at=clock_timestamp()-interval '1 hour'; update hq.store_error_total set changed_at=clock_timestamp()-interval '1 hour';update hq.store_disconnect_total set changed_at=clock_timestamp()-interval '1 hour';");
for (let i=0;i<8;i++){ h.reset(); const t=performance.now(); await pool.query("update hq.store_connection set last_heartbeat_at=clock_timestamp() where right(store_id,1)::int%2=0");h.reset();const f=await src.read(); console.log('read half', f.size, (performance.now()-t).toFixed(0),'ms stall', (h.max/1e6).toFixed(1)); }
console.log([...(await src.read()).values()][6]);
const app = express(); const ep = createStoresEndpoint({pool, log:{warn:console.log}}); app.get('/metrics/stores', ep.handler);
await pool.end()
