import { agentLimits } from './limits.js';

/** How many records go into the next batch of an entity: halved when HQ finds one too large, grown again slowly. */
export class BatchSize {
  private allowed = Infinity;
  private successes = 0;

  /** The size in force under the limit that HQ and the agent agree on. */
  under(maxBatchRecords: number): number {
    return Math.max(1, Math.min(this.allowed, maxBatchRecords));
  }

  /** A batch of `sentRecords` was too large. `badLine` (from 1) is the line that HQ named, if it did. */
  split(sentRecords: number, badLine?: number): void {
    const half = Math.floor(sentRecords / 2);
    const beforeBad = badLine !== undefined && badLine <= sentRecords ? badLine - 1 : half;
    this.allowed = Math.max(1, beforeBad);
    this.successes = 0;
  }

  taken(maxBatchRecords: number): void {
    if (this.allowed >= maxBatchRecords) {
      this.allowed = Infinity;
      return;
    }
    this.successes += 1;
    if (this.successes < agentLimits.successesBeforeDoubling) return;
    this.successes = 0;
    this.allowed *= 2;
  }
}
