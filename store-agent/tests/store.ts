import { afterEach } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreAgent, type AgentOptions } from '../src/agent.js';
import { startScriptedHq, type ScriptedHq } from './scripted-hq.js';

const endings: (() => Promise<void> | void)[] = [];

// the newest first: an agent ends before its directory goes
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

export function atEnd(end: () => Promise<void> | void): void {
  endings.push(end);
}

export function newDataDir(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'store-agent-'));
  atEnd(() => rmSync(dataDir, { recursive: true, force: true }));
  return dataDir;
}

export async function newHq(): Promise<ScriptedHq> {
  const hq = await startScriptedHq();
  atEnd(async () => {
    await hq.close();
    if (hq.misfits.length > 0)
      throw new Error(`the agent said what the wire does not know: ${hq.misfits.join('; ')}`);
  });
  return hq;
}

/** An address where nobody listens. */
export const noHq = 'http://127.0.0.1:1';

export async function startAgent(options: Partial<AgentOptions>): Promise<StoreAgent> {
  const agent = await StoreAgent.start({
    hqUrl: noHq,
    token: 'secret-token',
    dataDir: options.dataDir ?? newDataDir(),
    intake: null,
    ...options,
  });
  atEnd(() => agent.stop());
  return agent;
}

/** The built command. */
export const command = join(process.cwd(), 'store-agent', 'dist', 'main.js');

/** The real command in a process of its own, which may be killed. Returns its intake's address. */
export async function startCommand(
  dataDir: string,
  hqUrl = noHq,
  token = 'secret-token',
): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(
    process.execPath,
    [command, 'run', '--hq-url', hqUrl, '--data-dir', dataDir, '--intake-port', '0'],
    {
      env: { ...process.env, STORE_TOKEN: token },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  atEnd(() => void child.kill('SIGKILL'));
  let out = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const url = await eventually(
    'the intake',
    () => /"intakeUrl":"([^"]+)"/.exec(out)?.[1],
    (found) => found !== undefined,
  );
  return { child, url: url as string };
}

export function sale(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    kind: 'sale',
    status: 'completed',
    completedAt: '2026-11-23T12:00:00-07:00',
    currency: 'USD',
    terminalId: 'till-1',
    grossMinor: 1_000,
    discountMinor: 0,
    taxMinor: 80,
    lines: [{ productId: 'p-1', quantity: 1, grossMinor: 1_000, discountMinor: 0, taxMinor: 80 }],
    ...changes,
  };
}

export function adjustment(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    productId: 'p-1',
    quantityDelta: -1,
    reason: 'broken',
    adjustedAt: '2026-11-23T12:00:00-07:00',
    ...changes,
  };
}
