import { readOpenSessions, writeOpenSessions, type OpenSession } from './pos-state.js';
import type { Random } from './random.js';
import type { StoreServer } from './store-server.js';

export const cashiers = ['ana', 'ben', 'chloe', 'dmitri', 'elena', 'farid'] as const;

export interface TillsParts {
  readonly dataDir: string;
  /** Makes the ids of this run's sessions differ from those of earlier ones. */
  readonly run: string;
  readonly count: number;
  readonly server: StoreServer;
  /** The store's local time, RFC 3339 with offset. */
  readonly now: () => string;
}

/** The tills of a store: opening one is a record (revision 1) and a heartbeat, closing it the record's revision 2. */
export class Tills {
  private sessions: OpenSession[];
  private made = 0;

  constructor(private readonly parts: TillsParts) {
    this.sessions = readOpenSessions(parts.dataDir);
  }

  get openCount(): number {
    return this.sessions.length;
  }

  /** Tills that were open when the store last ran are open still; said again, because the machine may be a new one. */
  resume(): void {
    for (const session of this.sessions) this.announce(session);
  }

  any(random: Random): string {
    return this.sessions[random.int(0, this.sessions.length - 1)]?.terminalId ?? terminalName(0);
  }

  openAll(): void {
    for (let index = 0; index < this.parts.count; index += 1) {
      const terminalId = terminalName(index);
      if (!this.sessions.some((session) => session.terminalId === terminalId)) this.open(terminalId);
    }
  }

  closeAll(): void {
    for (const session of this.sessions) this.close(session);
  }

  /** A change of cashiers: opens one that is closed, or closes one unless it is the last. */
  change(random: Random): void {
    if (this.sessions.length < this.parts.count) return this.openAll();
    const session = this.sessions[random.int(0, this.sessions.length - 1)];
    if (session !== undefined && this.sessions.length > 1) this.close(session);
  }

  private open(terminalId: string): void {
    this.made += 1;
    const { run, now } = this.parts;
    const cashierId = cashiers[this.made % cashiers.length] ?? cashiers[0];
    const session = { sessionId: `${run}-${this.made}`, terminalId, cashierId, openedAt: now() };
    this.announce(session);
    this.keep([...this.sessions, session]);
  }

  private close(session: OpenSession): void {
    const agent = this.parts.server.running;
    agent.enqueue('register_sessions', recordOf(session, 2, this.parts.now()));
    agent.closeRegister(session.terminalId);
    this.keep(this.sessions.filter((other) => other !== session));
  }

  private announce(session: OpenSession): void {
    const agent = this.parts.server.running;
    const { terminalId, cashierId, openedAt } = session;
    agent.enqueue('register_sessions', recordOf(session, 1, null));
    agent.openRegister({ terminalId, cashierId, openedAt });
  }

  private keep(sessions: OpenSession[]): void {
    this.sessions = sessions;
    writeOpenSessions(this.parts.dataDir, sessions);
  }
}

function recordOf(
  { sessionId, terminalId, cashierId, openedAt }: OpenSession,
  revision: number,
  closedAt: string | null,
) {
  return { id: sessionId, revision, data: { terminalId, cashierId, openedAt, closedAt } };
}

function terminalName(index: number): string {
  return `T${index + 1}`;
}
