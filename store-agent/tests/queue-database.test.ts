import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentLimits } from '../src/limits.js';
import { QueueDatabase } from '../src/queue-database.js';

describe('the data directory of a store agent', () => {
  it('is made with all above it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'queue-database-'));
    try {
      const database = new QueueDatabase(join(folder, 'a', 'b'), agentLimits.minDiskBytes);
      expect(database.diskUse().usedBytes).toBeGreaterThan(0);
      database.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const onLinux = process.platform === 'linux' ? it : it.skip;
  onLinux('is refused at once where the system lets nobody make folders', () => {
    expect(() => new QueueDatabase('/proc/nope/store', agentLimits.minDiskBytes)).toThrow(
      "ENOENT: no such file or directory, mkdir '/proc/nope'",
    );
  });
});
