import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
const h = monitorEventLoopDelay({resolution:1}); h.enable();
for (let i=0;i<6;i++){ h.reset(); await new Promise(r=>setTimeout(r,1000)); console.log('idle stall', (h.max/1e6).toFixed(1), (h.percentile(99)/1e6).toFixed(1)); }
