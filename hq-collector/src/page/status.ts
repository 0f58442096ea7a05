/** How loud something is shown. Each has an icon and words too: nothing is said by colour alone. */
export type Tone = 'bad' | 'warn' | 'good' | 'quiet';

export interface StatusOfStore {
  readonly status: 'connected' | 'disconnected' | 'unknown' | 'never_connected' | 'no_server';
  readonly reason: string | null;
  readonly expectedOnline: boolean;
  /** Connected, and something waits in this direction for longer than it should. */
  readonly behindIn: 'push' | 'pull' | null;
  /** Connected, and no sync in either direction for longer than an idle store takes. */
  readonly stale: boolean;
  readonly errorsOpen: number;
  readonly quarantined: number;
  readonly withheld: number;
  readonly schemaVersion: number | null;
  readonly schemaCompatible: boolean | null;
}

/** What a person is told of a store. */
export interface Verdict {
  readonly icon: string;
  readonly word: string;
  readonly tone: Tone;
  /** Why, or what else is wrong; may be empty. */
  readonly reason: string;
  /** What the filter calls it; the ranks of the list follow their order in `groups`, worst first. */
  readonly group: Group;
}

export const groups = [
  'disconnected',
  'lost',
  'disconnected, closed',
  'unknown',
  'errors',
  'not synced',
  'duplicate',
  'never connected',
  'connected',
  'no server',
] as const;
export type Group = (typeof groups)[number];

/** Nobody told HQ that the store left: it went by a clock. */
const lostReasons: ReadonlySet<string | null> = new Set(['heartbeat lost', 'collector lost']);

/** How each status is shown. */
export const shownAs: Readonly<Record<StatusOfStore['status'], Pick<Verdict, 'icon' | 'word' | 'tone'>>> = {
  disconnected: { icon: '✖', word: 'disconnected', tone: 'bad' },
  unknown: { icon: '?', word: 'unknown', tone: 'warn' },
  never_connected: { icon: '○', word: 'never connected', tone: 'warn' },
  no_server: { icon: '–', word: 'no store server', tone: 'quiet' },
  connected: { icon: '●', word: 'connected', tone: 'good' },
};

export function verdictOf(store: StatusOfStore): Verdict {
  return { ...shownAs[store.status], ...reasonAndGroup(store) };
}

function reasonAndGroup(store: StatusOfStore): Pick<Verdict, 'reason' | 'group'> {
  const reason = store.reason ?? '';
  switch (store.status) {
    case 'disconnected': {
      const group = lostReasons.has(store.reason) ? 'lost' : 'disconnected';
      return { reason, group: store.expectedOnline ? group : 'disconnected, closed' };
    }
    case 'unknown':
      return { reason, group: 'unknown' };
    case 'never_connected':
      return { reason: '', group: 'never connected' };
    case 'no_server':
      return { reason: '', group: 'no server' };
    case 'connected':
      return attention(store);
  }
}

/** What needs a look at a store that is connected. */
function attention(store: StatusOfStore): Pick<Verdict, 'reason' | 'group'> {
  if (store.schemaCompatible === false)
    return { reason: `schema ${store.schemaVersion} refused`, group: 'errors' };
  if (store.quarantined > 0) return { reason: `${store.quarantined} quarantined`, group: 'errors' };
  if (store.errorsOpen > 0) return { reason: 'sync errors', group: 'errors' };
  if (store.withheld > 0) return { reason: `${store.withheld} too large to send`, group: 'errors' };
  if (store.behindIn === 'push') return { reason: 'queue is behind', group: 'not synced' };
  if (store.behindIn === 'pull') return { reason: 'pulls are behind', group: 'not synced' };
  if (store.stale) return { reason: 'no sync for 10 min', group: 'not synced' };
  if (store.reason !== null) return { reason: store.reason, group: 'duplicate' };
  return { reason: '', group: 'connected' };
}

/** Texts that sort stores worst first, those that are closed below the open ones, then by name. */
export function sortKey(
  store: Pick<StatusOfStore, 'expectedOnline'> & { name: string; storeId: string },
  { group }: Pick<Verdict, 'group'>,
): string {
  const rank = groups.indexOf(group);
  // A tab is below every character of a name: "Chicago" comes before "Chicago 2".
  return `${rank} ${store.expectedOnline ? 0 : 1} ${store.name.toLowerCase()}\t${store.storeId}`;
}
