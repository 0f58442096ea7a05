import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A till that is open: what its register session's record said. */
export interface OpenSession {
  readonly sessionId: string;
  readonly terminalId: string;
  readonly cashierId: string;
  readonly openedAt: string;
}

const fileName = 'open-sessions.json';

/** The tills that were open when this store last ran; none when it never did. */
export function readOpenSessions(dataDir: string): OpenSession[] {
  try {
    return JSON.parse(readFileSync(join(dataDir, fileName), 'utf8')) as OpenSession[];
  } catch (error) {
    // Half a file cannot be: it is replaced by a rename. Without one, tills are opened anew.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return [];
    throw error;
  }
}

export function writeOpenSessions(dataDir: string, sessions: readonly OpenSession[]): void {
  const file = join(dataDir, fileName);
  writeFileSync(`${file}.new`, JSON.stringify(sessions));
  renameSync(`${file}.new`, file);
}
