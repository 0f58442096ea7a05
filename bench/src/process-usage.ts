import { readFileSync } from 'node:fs';

/** Linux counts in ticks of USER_HZ, which is 100 on every architecture that Node runs on. */
const microsecondsPerTick = 10_000;

/** User and system time that a process has used since its start; Linux only. */
export function cpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command may hold spaces; the fields count from after its parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * microsecondsPerTick;
}
