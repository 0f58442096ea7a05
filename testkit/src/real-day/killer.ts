import type { AgentHost } from './agent-hosts.js';
import type { Headquarters } from './headquarters.js';
import type { HqDesk } from './hq-desk.js';
import { killKinds, type KillKind, type PlannedKill } from './kill-plan.js';
import { eventually } from '../eventually.js';
import type { KeptAlive } from '../kept-alive.js';
import type { PageEndOnLine } from './page-end.js';
import type { LineEvents } from './store-line.js';

/** A resync waits until its store is connected again after the kill before, a push until somebody buys at night. */
const armedKillDeadlineMs = 60_000;
/** Resyncs, of stores in several processes, that a kill waits for a page of; and the latest page that it waits for. */
const resyncsPerKill = 6;
const latestPage = 6;

interface Armed {
  readonly kind: KillKind;
  readonly fired: () => void;
  /** Pages of a reading from the start that are let through first. */
  pagesBefore: number;
}

/** Carries out the plan: kills at any moment, or just when an answer that it waits for is on its way. */
export class Killer implements LineEvents {
  readonly kills = Object.fromEntries(killKinds.map((kind) => [kind, 0])) as Record<KillKind, number>;
  /** What the next answer of its kind sets off. */
  private armed: Armed | undefined;

  constructor(
    private readonly hq: () => Headquarters,
    private readonly hosts: readonly AgentHost[],
  ) {}

  /** @returns false when no answer came that the kill waits for. */
  async execute({ kind, which }: PlannedKill, desk: HqDesk, storeIds: readonly string[]): Promise<boolean> {
    const hq = this.hq();
    await hq.postgresUp;
    if (kind === 'collector') await killRunning(hq.collector);
    else if (kind === 'agents') await killRunning(this.hosts[which % this.hosts.length]!.process);
    else if (kind === 'postgres') hq.killPostgres();
    else {
      const fired = this.whenArmed(kind, which % latestPage);
      if (kind.endsWith('resync')) await forceResyncs(desk, storeIds, which);
      if (!(await fired)) return false;
    }
    this.kills[kind] += 1;
    return true;
  }

  pushCommitted(): boolean {
    return this.fires('postgres before its answer');
  }

  pushAnswered(token: string): 'pass' | 'cut' {
    if (this.fires('collector before its answer')) return this.cutByKill(this.hq().collector);
    if (this.fires('agents before the answer')) return this.cutByKill(this.hostOf(token));
    return 'pass';
  }

  pageSent(token: string, { scanning }: PageEndOnLine): 'pass' | 'cut' {
    if (!scanning || !this.armed?.kind.endsWith('resync')) return 'pass';
    if (this.armed.pagesBefore > 0) {
      this.armed.pagesBefore -= 1;
      return 'pass';
    }
    if (this.fires('collector in a resync')) return this.cutByKill(this.hq().collector);
    if (this.fires('agents in a resync')) return this.cutByKill(this.hostOf(token));
    // The store gets its page, and confirms it to a database that is gone.
    if (this.fires('postgres in a resync')) this.hq().killPostgres();
    return 'pass';
  }

  private cutByKill(process: KeptAlive | undefined): 'cut' {
    process?.kill();
    return 'cut';
  }

  private hostOf(token: string): KeptAlive | undefined {
    return this.hosts.find((host) => host.hasToken(token))?.process;
  }

  private async whenArmed(kind: KillKind, pagesBefore: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const fired = await new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), armedKillDeadlineMs);
      this.armed = { kind, fired: () => resolve(true), pagesBefore };
    });
    clearTimeout(timer);
    this.armed = undefined;
    return fired;
  }

  private fires(kind: KillKind): boolean {
    if (this.armed?.kind !== kind) return false;
    this.armed.fired();
    this.armed = undefined;
    return true;
  }
}

/** Kills a process that is up; one that is just starting again is waited for. */
async function killRunning(process: KeptAlive): Promise<void> {
  await eventually(
    'a process to kill',
    () => process.kill(),
    (killed) => killed,
  );
}

async function forceResyncs(desk: HqDesk, storeIds: readonly string[], which: number): Promise<void> {
  const stride = Math.floor(storeIds.length / resyncsPerKill);
  for (let number = 0; number < resyncsPerKill; number += 1)
    await desk.forceResync(storeIds[(which + number * stride) % storeIds.length]!);
}
