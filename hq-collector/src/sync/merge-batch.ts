import { isDeepStrictEqual } from 'node:util';
import { addActivity, contribution, noActivity, type Activity } from '@hq-sync/protocol/activity';
import type { RecordResult } from '@hq-sync/protocol/push';
import type { Counted, IncomingRecord } from './read-record.js';

/** The newest revision that HQ holds of a record. */
export interface HeldRecord {
  readonly revision: number;
  /** Fixed for ever when the first revision came. */
  readonly businessDate: string | null;
  readonly counted: Counted | null;
}

/** What HQ knows before the batch, for the ids in it. */
export interface Held {
  readonly records: ReadonlyMap<string, HeldRecord>;
  /** Content as JSON, by `revisionKey`, for those revisions of the batch that HQ already has. */
  readonly revisions: ReadonlyMap<string, string>;
}

export const revisionKey = (id: string, revision: number): string => `${revision} ${id}`;

/** One record to be written as the newest revision. */
export interface Newest {
  readonly record: IncomingRecord;
  readonly businessDate: string | null;
}

export interface Merge {
  /** Records HQ did not have. */
  readonly inserts: Newest[];
  /** Records whose held newest revision moves to the history and is replaced. */
  readonly replacements: Newest[];
  /** Other revisions that came: late ones, and those replaced within the batch. */
  readonly history: IncomingRecord[];
  /** Same revision, other content. */
  readonly conflicts: IncomingRecord[];
  /** One for each incoming record but the conflicts, in their order. */
  readonly results: RecordResult[];
  readonly counts: Readonly<Record<'accepted' | 'duplicate' | 'replaced', number>>;
  /** Change of the totals by `activityKey`; entries that come to nothing are left out. */
  readonly totals: ReadonlyMap<string, Activity>;
}

export const activityKey = (businessDate: string, currency: string): string => `${businessDate} ${currency}`;

/** A record as the merge goes on. */
interface State {
  newest: IncomingRecord | null; // null: the held one is still the newest
  revision: number;
  readonly businessDate: string | null;
  counted: Counted | null;
  readonly held: boolean;
}

/**
 * What a batch does to what HQ holds, in one pass and without I/O. A lower or equal revision with the same content
 * is a duplicate; equal with other content is a conflict; only a higher one replaces, and its contribution to the
 * totals replaces the old one exactly, on the business date fixed at the first receipt.
 *
 * @param ownDates business date of each record (by line) if it is new to HQ.
 */
export function mergeBatch(
  incoming: readonly IncomingRecord[],
  held: Held,
  ownDates: ReadonlyMap<number, string | null>,
): Merge {
  const states = new Map<string, State>();
  const revisions = new Map(held.revisions);
  const totals = new Map<string, Activity>();
  const history: IncomingRecord[] = [];
  const conflicts: IncomingRecord[] = [];
  const results: RecordResult[] = [];
  const counts = { accepted: 0, duplicate: 0, replaced: 0 };
  const answer = (record: IncomingRecord, outcome: keyof typeof counts) => {
    counts[outcome] += 1;
    results.push({ line: record.line, id: record.id, revision: record.revision, outcome });
  };

  for (const record of incoming) {
    const key = revisionKey(record.id, record.revision);
    const state = states.get(record.id) ?? fromHeld(held.records.get(record.id));

    const known = revisions.get(key);
    if (known !== undefined && !sameContent(known, record.json)) {
      conflicts.push(record);
      continue;
    }
    if (!state) {
      const first = {
        newest: record,
        revision: record.revision,
        businessDate: ownDates.get(record.line) ?? null,
        counted: record.counted,
        held: false,
      };
      states.set(record.id, first);
      count(totals, first.businessDate, first.counted, 1);
      answer(record, 'accepted');
    } else if (record.revision > state.revision) {
      if (state.newest) history.push(state.newest);
      count(totals, state.businessDate, state.counted, -1);
      count(totals, state.businessDate, record.counted, 1);
      states.set(record.id, { ...state, newest: record, revision: record.revision, counted: record.counted });
      answer(record, 'replaced');
    } else {
      // Late: kept if HQ never saw this revision, but it changes no total.
      if (known === undefined) history.push(record);
      answer(record, 'duplicate');
    }
    revisions.set(key, record.json);
  }

  const written = [...states.values()].flatMap((state) =>
    state.newest ? [{ record: state.newest, businessDate: state.businessDate, held: state.held }] : [],
  );
  return {
    inserts: written.filter((one) => !one.held),
    replacements: written.filter((one) => one.held),
    history,
    conflicts,
    results,
    counts,
    totals: new Map([...totals].filter(([, activity]) => !isDeepStrictEqual(activity, noActivity))),
  };
}

/** Content as it is stored: that knows no -0, and the order of keys means nothing. */
function sameContent(left: string, right: string): boolean {
  const stored = (json: string): unknown => JSON.parse(JSON.stringify(JSON.parse(json)));
  return left === right || isDeepStrictEqual(stored(left), stored(right));
}

function fromHeld(held: HeldRecord | undefined): State | undefined {
  return (
    held && {
      newest: null,
      revision: held.revision,
      businessDate: held.businessDate,
      counted: held.counted,
      held: true,
    }
  );
}

function count(
  totals: Map<string, Activity>,
  businessDate: string | null,
  counted: Counted | null,
  factor: 1 | -1,
): void {
  if (businessDate === null || counted === null) return;
  const key = activityKey(businessDate, counted.currency);
  totals.set(key, addActivity(totals.get(key) ?? noActivity, contribution(counted), factor));
}
