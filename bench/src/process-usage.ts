import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in ticks of USER_HZ, which is 100 on every architecture that Node runs on. */
const microsecondsPerTick = 10_000;

/** Of one process, from its line in /proc; Linux only. */
interface ProcessStat {
  readonly parent: number;
  readonly ownTicks: number;
  /** Of its children that have ended and that it has waited for. */
  readonly endedChildrenTicks: number;
}

/** User and system time that a process has used since its start; Linux only. */
export function cpuMicroseconds(pid: number): number {
  return statOf(pid).ownTicks * microsecondsPerTick;
}

/**
 * The same of a PostgreSQL server: of its postmaster, of every process of it that runs, and of every one that has ended.
 */
export function postgresCpuMicroseconds(postmasterPid: number): number {
  const { ownTicks, endedChildrenTicks } = statOf(postmasterPid);
  let ticks = ownTicks + endedChildrenTicks;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const child = statIfRunning(Number(name));
    if (child?.parent === postmasterPid) ticks += child.ownTicks;
  }
  return ticks * microsecondsPerTick;
}

/** Undefined for a process that has ended since it was listed. */
function statIfRunning(pid: number): ProcessStat | undefined {
  try {
    return statOf(pid);
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code!)) return undefined;
    throw error;
  }
}

function statOf(pid: number): ProcessStat {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command may hold spaces; the fields count from after its parenthesis.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  return {
    parent: fields[1]!,
    ownTicks: fields[11]! + fields[12]!,
    endedChildrenTicks: fields[13]! + fields[14]!,
  };
}
