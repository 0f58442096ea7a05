import pg from 'pg'; import express from 'express'; import { execSync } from 'node:child_process';
import { createStoresEndpoint } from './dist/metrics/stores-endpoint.js';
const pool = new pg.Pool({ host:'/tmp/mpg', port:5599, user:'postgres', database:'postgres' });
const app = express(); const ep = createStoresEndpoint({pool, log:{warn:(f,m)=>console.log('   log', m, f.err.message, f.ageMs)}}); app.get('/metrics/stores', ep.handler);
const s = app.listen(0); const url=`http://127.0.0.1:${s.address().port}/metrics/stores`;
const get=async()=>{ const t=performance.now(); const r=await fetch(url); const b=await r.text(); console.log(r.status, b.length, (performance.now()-t).toFixed(0)); };
await get(); await get();
const pids=execSync("pgrep -u postgres -f 'postgres: postgres postgres'").toString().trim().split('\n'); console.log(pids);
for (const p of pids) process.kill(+p,'SIGSTOP');
await get(); await get(); await get(); 
for (const p of pids) process.kill(+p,'SIGCONT'); await get();
// broken while idle & during
await get(); for (const p of execSync("pgrep -u postgres -f 'postgres: postgres postgres'").toString().trim().split('\n')) try{process.kill(+p,'SIGTERM')}catch{};
pool.on('error',e=>console.log('   pool error', e.message));
await get(); const g=get(); await new Promise(r=>setTimeout(r,200)); for (const p of execSync("pgrep -u postgres -f 'postgres: postgres postgres'").toString().trim().split('\n')) try{process.kill(+p,'SIGTERM')}catch{};
await g; await get(); console.log(pool.totalCount, pool.idleCount, pool.waitingCount);
await ep.close(); s.close(); await pool.end(); console.log('ended');
