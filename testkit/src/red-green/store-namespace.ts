import { execFileSync } from 'node:child_process';

/** Two ends of a veth pair: HQ's on this machine, the stores' in a network namespace of their own. */
const name = 'hq-stores';
const hqEnd = 'hq-veth-hq';
const storeEnd = 'hq-veth-store';
export const hqAddress = '10.213.77.1';
const storeAddress = '10.213.77.2';
const nobody = '02:00:00:00:00:99';

/** Why there can be no namespace here, in words; undefined when there can. */
export function namespaceMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  try {
    execFileSync('ip', ['-V'], { stdio: 'ignore' });
  } catch {
    return 'ip (iproute2) is not installed';
  }
  return undefined;
}

/** A network namespace for stores, whose line to HQ can be made silent. */
export class StoreNamespace {
  /** Before a command, to run it inside. */
  readonly wrapper = ['ip', 'netns', 'exec', name];

  static create(): StoreNamespace {
    StoreNamespace.remove();
    run('ip', 'netns', 'add', name);
    run('ip', 'link', 'add', hqEnd, 'type', 'veth', 'peer', 'name', storeEnd);
    run('ip', 'link', 'set', storeEnd, 'netns', name);
    run('ip', 'addr', 'add', `${hqAddress}/30`, 'dev', hqEnd);
    run('ip', 'link', 'set', hqEnd, 'up');
    inside('ip', 'addr', 'add', `${storeAddress}/30`, 'dev', storeEnd);
    inside('ip', 'link', 'set', storeEnd, 'up');
    inside('ip', 'link', 'set', 'lo', 'up');
    return new StoreNamespace();
  }

  /**
   * Drops every packet in both directions, and nobody is told: each end sends to a hardware address that nobody has.
   * Works on every kernel; netem does not.
   */
  silence(): void {
    run('ip', 'neigh', 'replace', storeAddress, 'lladdr', nobody, 'dev', hqEnd, 'nud', 'permanent');
    inside('ip', 'neigh', 'replace', hqAddress, 'lladdr', nobody, 'dev', storeEnd, 'nud', 'permanent');
  }

  restore(): void {
    run('ip', 'neigh', 'del', storeAddress, 'dev', hqEnd);
    inside('ip', 'neigh', 'del', hqAddress, 'dev', storeEnd);
  }

  remove(): void {
    StoreNamespace.remove();
  }

  /** Also what an earlier run that was killed has left. */
  private static remove(): void {
    for (const command of [
      ['ip', 'link', 'del', hqEnd],
      ['ip', 'netns', 'del', name],
    ]) {
      try {
        execFileSync(command[0]!, command.slice(1), { stdio: 'ignore' });
      } catch {
        // there was none
      }
    }
  }
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function inside(...command: string[]): void {
  run('ip', 'netns', 'exec', name, ...command);
}
