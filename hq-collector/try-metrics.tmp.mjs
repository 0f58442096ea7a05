import pg from 'pg'; import express from 'express'; import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { FleetSource } from './dist/metrics/fleet-source.js';
import { createStoresEndpoint } from './dist/metrics/stores-endpoint.js';
const pool = new pg.Pool({ host:'/tmp/mpg', port:5599, user:'postgres', database:'postgres' });
const h = monitorEventLoopDelay({resolution:1}); h.enable();
const src = new FleetSource(pool);
for (let i=0;i<4;i++){ h.reset(); const t=performance.now(); const f=await src.read(); console.log('read', f.size, (performance.now()-t).toFixed(0),'ms stall', (h.max/1e6).toFixed(1)); }
await pool.query("update hq.store_entity set changed_at=clock_timestamp()-interval '1 hour'; update hq.store_error_total set changed_at=clock_timestamp()-interval '1 hour';update hq.store_disconnect_total set changed_at=clock_timestamp()-interval '1 hour';");
for (let i=0;i<4;i++){ h.reset(); const t=performance.now(); const f=await src.read(); console.log('read idle', f.size, (performance.now()-t).toFixed(0),'ms stall', (h.max/1e6).toFixed(1)); }
console.log([...(await src.read()).values()][6]);
const app = express(); const ep = createStoresEndpoint({pool, log:{warn:console.log}}); app.get('/metrics/stores', ep.handler);
const s = app.listen(0); const url=`http://127.0.0.1:${s.address().port}/metrics/stores`;
for (const enc of ['identity','identity','gzip','gzip','identity']) { 
  if (enc!=='x') await pool.query("update hq.store_connection set last_heartbeat_at=clock_timestamp() where right(store_id,1)::int%2=0");
  h.reset(); const t=performance.now(); const r=await fetch(url,{headers:{'accept-encoding':enc}}); const b=await r.arrayBuffer(); console.log(enc, r.status, b.byteLength, (performance.now()-t).toFixed(0),'ms stall', (h.max/1e6).toFixed(1)); }
const head = await fetch(url,{method:'HEAD'}); console.log(head.status, Object.fromEntries(head.headers));
(await import('node:fs')).writeFileSync('/tmp/mpg/out.txt', await (await fetch(url)).text());
await pool.query("update hq.store set archived_at=now() where store_id='store-00007'");
console.log('archived gone', !(await (await fetch(url)).text()).includes('store-00007'));
await pool.query("update hq.store set archived_at=null where store_id='store-00007'");
const line=(await (await fetch(url)).text()).split('\n').filter(l=>l.includes('store-00007')); console.log(line.length, line.slice(0,60).join('\n'));
console.log(process.memoryUsage());
await ep.close(); s.close(); await pool.end();
