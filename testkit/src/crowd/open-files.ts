import { execFileSync } from 'node:child_process';

/** Sockets and files of a collector beside those of its stores: its pool, its own files, stores that come and go. */
const descriptorsBeside = 500;

/** Stores that one collector can hold by the limit of open files, `ulimit -n`. */
export function mostStoresOfACollector(): number {
  return Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' })) - descriptorsBeside;
}
