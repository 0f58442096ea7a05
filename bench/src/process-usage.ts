import { childrenOf } from '@hq-sync/local-postgres/processes';
import { readFileSync } from 'node:fs';

/** Linux counts in ticks of USER_HZ, which is 100 on every architecture that Node runs on. */
const microsecondsPerTick = 10_000;

/** User and system time that a process has used since its start; Linux only. */
export function cpuMicroseconds(pid: number): number {
  const { own } = cpuTimes(pid);
  return own;
}

/** The same of a process and its children, those that have ended included: PostgreSQL's postmaster with its backends. */
export function cpuMicrosecondsWithChildren(pid: number): number {
  const living = childrenOf(pid).map((child) => {
    try {
      return cpuMicroseconds(child);
    } catch {
      return 0; // it has just ended
    }
  });
  const { own, endedChildren } = cpuTimes(pid);
  return living.reduce((sum, one) => sum + one, own + endedChildren);
}

/** Memory of a process that is in RAM; Linux only. */
export function residentBytes(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kibibytes) * 1024;
}

function cpuTimes(pid: number): { own: number; endedChildren: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command may hold spaces; the fields count from after its parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const microseconds = (user: number) =>
    (Number(fields[user]) + Number(fields[user + 1])) * microsecondsPerTick;
  return { own: microseconds(11), endedChildren: microseconds(13) };
}
