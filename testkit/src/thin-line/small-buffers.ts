import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Of this run alone, so that two can run at once. */
const name = `hq-thin-line-${process.pid}`;
const bufferBytes = 16_384;
/** Tells the program that it runs inside. */
const mark = 'HQ_THIN_LINE_NAMESPACE';

/** Small buffers are per namespace, and Node cannot set them for one socket. */
const setUp = `
  ip link set lo up mtu 1500
  echo "4096 ${bufferBytes} ${bufferBytes}" > /proc/sys/net/ipv4/tcp_rmem
  echo "4096 ${bufferBytes} ${bufferBytes}" > /proc/sys/net/ipv4/tcp_wmem`;

export const hasSmallBuffers = process.env[mark] === '1';

/** Runs this program again in a network namespace of its own whose kernel buffers are small; resolves to its exit code. */
export async function runWithSmallBuffers(): Promise<number> {
  execFileSync('ip', ['netns', 'add', name]);
  try {
    execFileSync('ip', ['netns', 'exec', name, 'sh', '-ec', setUp]);
    const child = spawn('ip', ['netns', 'exec', name, process.execPath, ...process.argv.slice(1)], {
      stdio: 'inherit',
      env: { ...process.env, [mark]: '1' },
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  } finally {
    execFileSync('ip', ['netns', 'del', name]);
  }
}
