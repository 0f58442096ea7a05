import { execFileSync } from 'node:child_process';

/** Two ends of a veth pair: HQ's on this machine, the stores' in a network namespace of their own. */
const name = 'hq-stores';
const hqEnd = 'hq-veth-hq';
const storeEnd = 'hq-veth-store';
export const hqAddress = '10.213.77.1';
const storeAddress = '10.213.77.2';

/** Why there can be no namespace here, in words; undefined when there can. */
export function namespaceMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  for (const tool of ['ip', 'tc']) {
    try {
      execFileSync(tool, ['-V'], { stdio: 'ignore' });
    } catch {
      return `${tool} (iproute2) is not installed`;
    }
  }
  return undefined;
}

/** A network namespace for stores, whose line to HQ can be made silent or thin. */
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

  /** Drops every packet in both directions; nobody is told. */
  silence(): void {
    this.shape('loss', '100%');
  }

  /** A line of 128 kbit/s, 1 s round trip, 2 % loss. */
  thin(): void {
    this.shape('rate', '128kbit', 'delay', '500ms', 'loss', '2%', 'limit', '200');
  }

  restore(): void {
    for (const drop of [run, inside]) drop('tc', 'qdisc', 'del', 'dev', drop === run ? hqEnd : storeEnd, 'root');
  }

  remove(): void {
    StoreNamespace.remove();
  }

  private shape(...netem: string[]): void {
    run('tc', 'qdisc', 'replace', 'dev', hqEnd, 'root', 'netem', ...netem);
    inside('tc', 'qdisc', 'replace', 'dev', storeEnd, 'root', 'netem', ...netem);
  }

  /** Also what an earlier run that was killed has left. */
  private static remove(): void {
    for (const command of [['ip', 'link', 'del', hqEnd], ['ip', 'netns', 'del', name]]) {
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
