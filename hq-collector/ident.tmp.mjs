import pg from 'pg'; import { FleetSource } from './dist/metrics/fleet-source.js';
const pool = new pg.Pool({ host:'/tmp/mpg', port:5599, user:'postgres', database:'postgres' });
const src = new FleetSource(pool); let a=await src.read(); 
for(let i=0;i<6;i++){const b=await src.read(); let same=0; for (const [k,v] of b) if(a.get(k)===v) same++; console.log('same',same); a=b; const x=a.get('store-00007');}
console.log('--- raw'); for(let i=0;i<60;i++) await pool.query("select * from hq.store order by 1 offset $1 limit 250",[i*250%10000]);
await pool.end();
