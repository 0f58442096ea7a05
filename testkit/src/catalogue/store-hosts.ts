import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from '../eventually.js';
import { KeptAlive } from '../kept-alive.js';
import type { CopyHashes, HostConfig, HostMessage, HostOrder, Watch } from './host-messages.js';

const program = new URL('./host-main.js', import.meta.url);
const startDeadlineMs = 120_000;
const hashDeadlineMs = 1_200_000;
/** A price that has not come by then is a fault, and nothing is left to measure. */
const seenDeadlineMs = 60_000;

/** One process with the agents of some stores. */
class StoreHost {
  readonly process: KeptAlive;
  started = false;
  watching = 0;
  seen: Extract<HostMessage, { type: 'seen' }> | undefined;
  hashes: readonly CopyHashes[] | undefined;

  constructor(file: string) {
    this.process = new KeptAlive(program, [file], {
      onMessage: (message) => this.hear(message as HostMessage),
      onExit: () => (this.started = false),
    });
  }

  send(order: HostOrder): void {
    this.process.send(order);
  }

  private hear(message: HostMessage): void {
    switch (message.type) {
      case 'started':
        this.started = true;
        return;
      case 'watching':
        this.watching = message.number;
        return;
      case 'seen':
        this.seen = message;
        return;
      case 'hashed':
        this.hashes = message.hashes;
    }
  }
}

/** The agents of all stores, in a few processes. */
export class StoreHosts {
  private readonly hosts: StoreHost[] = [];
  private watches = 0;

  constructor(
    private readonly folder: string,
    private readonly hqUrl: string,
  ) {}

  async add(stores: HostConfig['stores'], perHost: number): Promise<void> {
    for (let first = 0; first < stores.length; first += perHost) {
      const file = path.join(this.folder, `host-${this.hosts.length}.json`);
      const some = stores.slice(first, first + perHost);
      const config: HostConfig = { hqUrl: this.hqUrl, dataDir: this.dataDir, stores: some };
      await writeFile(file, JSON.stringify(config), { mode: 0o600 });
      this.hosts.push(new StoreHost(file));
    }
    await this.allStarted();
  }

  /** Begins stores whose agents are yet to start with the copy that a store of the first process has. */
  async copyFrom(storeId: string, others: readonly string[]): Promise<void> {
    const first = this.hosts[0]!;
    await first.process.stop();
    for (const other of others) {
      await mkdir(path.join(this.dataDir, other));
      await copyFile(path.join(this.dataDir, storeId, copyName), path.join(this.dataDir, other, copyName));
    }
    first.process.up();
    await this.allStarted();
  }

  /**
   * Looks for a price in all copies, from before `change` on.
   * @returns what `change` gives, and when each store's copy had the price, by `machineMs`.
   */
  async watch<T>(
    wanted: Omit<Watch, 'number'>,
    change: () => Promise<T>,
  ): Promise<{ changed: T; atMs: readonly number[] }> {
    const number = (this.watches += 1);
    for (const host of this.hosts) host.send({ order: 'watch', watch: { ...wanted, number } });
    await this.all('all look for the price', (host) => host.watching === number);
    const changed = await change();
    await this.all('the price is in every copy', (host) => host.seen?.number === number, seenDeadlineMs);
    return { changed, atMs: this.hosts.flatMap((host) => host.seen!.atMs) };
  }

  /** Of every store. */
  async hashes(): Promise<readonly CopyHashes[]> {
    for (const host of this.hosts) {
      host.hashes = undefined;
      host.send({ order: 'hash' });
    }
    await this.all('all copies are hashed', (host) => host.hashes !== undefined, hashDeadlineMs);
    return this.hosts.flatMap((host) => host.hashes!);
  }

  async stop(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.process.stop()));
  }

  private get dataDir(): string {
    return path.join(this.folder, 'stores');
  }

  private allStarted(): Promise<unknown> {
    return this.all('the agents start', (host) => host.started, startDeadlineMs);
  }

  private all(what: string, holds: (host: StoreHost) => boolean, deadlineMs?: number): Promise<unknown> {
    return eventually(
      what,
      () => this.hosts.filter(holds).length,
      (held) => held === this.hosts.length,
      deadlineMs,
    );
  }
}

/** The agent's copy of HQ's data; one file once the agent has ended in good order. */
const copyName = 'hq-data.db';
