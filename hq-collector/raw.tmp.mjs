import pg from 'pg';
const c = new pg.Client({ host:'/tmp/mpg', port:5599, user:'postgres', database:'postgres' }); await c.connect();
const mode=process.argv[2]; const q={text:"select * from hq.store_connection order by 1 offset $1 limit 250"}; if(mode==='array') q.rowMode='array';
for(let i=0;i<200;i++){ const r=await c.query({...q, values:[i*250%10000]}); if (r.rows.length<1) console.log('!'); }
await c.end();
