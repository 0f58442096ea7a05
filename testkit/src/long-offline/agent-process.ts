import type { AgentStatus } from '@hq-sync/store-agent/agent';
import { eventually } from '../eventually.js';
import { freePort } from '../free-port.js';
import { KeptAlive } from '../kept-alive.js';
import { Inspector } from './inspector.js';

const host = '127.0.0.1';
const program = new URL('../../../store-agent/dist/main.js', import.meta.url);

export interface AgentSettings {
  readonly hqUrl: string;
  readonly token: string;
  readonly dataDir: string;
}

/** The store server as a shop runs it: its command, in a process and a data directory of its own. */
export class AgentProcess {
  private constructor(
    private readonly process: KeptAlive,
    readonly inspector: Inspector,
    private readonly intakeUrl: string,
  ) {}

  static async start({ hqUrl, token, dataDir }: AgentSettings): Promise<AgentProcess> {
    const port = String(await freePort(host));
    const options = ['--hq-url', hqUrl, '--data-dir', dataDir, '--intake-port', port];
    const inspector = new Inspector(await freePort(host));
    const process = new KeptAlive(program, ['run', ...options, '--log-level', 'silent'], {
      env: { STORE_TOKEN: token },
      nodeOptions: inspector.nodeOptions,
    });
    const agent = new AgentProcess(process, inspector, `http://${host}:${port}`);
    await agent.isUp();
    return agent;
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  async status(): Promise<AgentStatus> {
    const response = await fetch(`${this.intakeUrl}/v1/status`);
    return (await response.json()) as AgentStatus;
  }

  /** Gives it records in one request, as a till does: the answer says that they are on disk. */
  async take(entity: string, records: readonly object[]): Promise<void> {
    const response = await fetch(`${this.intakeUrl}/v1/records/${entity}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: records.map((record) => `${JSON.stringify(record)}\n`).join(''),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`the intake answered ${response.status}: ${text}`);
  }

  async startAgain(): Promise<void> {
    this.process.up();
    await this.isUp();
  }

  async stop(): Promise<void> {
    await this.inspector.disconnect();
    await this.process.stop();
  }

  private async isUp(): Promise<void> {
    await eventually(
      'the store server answers',
      () => this.status().catch(() => null),
      (status) => status !== null,
    );
    await this.inspector.connect();
  }
}
