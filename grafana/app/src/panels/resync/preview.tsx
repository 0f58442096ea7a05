import React from 'react';
import type { ResyncPreview } from '../../answers.js';
import { read } from '../../collector.js';
import { bytes, count, duration, moment } from '../../words.js';

/** What a resync of these entities costs; undefined for none. */
export async function preview(
  path: string,
  entities: readonly string[],
  signal: AbortSignal,
): Promise<ResyncPreview | undefined> {
  if (entities.length === 0) return undefined;
  return read<ResyncPreview>(
    `${path}/resync-preview?entities=${entities.map(encodeURIComponent).join(',')}`,
    signal,
  );
}

/** Rows, traffic, time, and whether it is over before the store opens. */
export function Preview({ cost }: { cost: ResyncPreview | undefined }) {
  if (!cost) return <p className="quiet">Asking HQ what it costs …</p>;
  const { records, bytes: size, seconds } = cost;
  return (
    <p>
      {count(records, 'record')}, {bytes(size)} before compression
      {seconds === null ? '; how long it takes is not known yet' : `, about ${duration(seconds)}`}.{' '}
      <When {...cost} />
    </p>
  );
}

function When({ openNow, opensAt, endsBeforeOpening }: ResyncPreview) {
  if (openNow) return <span className="warn">⚠ The store is open: its tills work meanwhile.</span>;
  if (opensAt === null) return null;
  if (endsBeforeOpening === null) return <span className="quiet">The store opens {moment(opensAt)}.</span>;
  return endsBeforeOpening ? (
    <span className="good">✓ Over before the store opens, {moment(opensAt)}.</span>
  ) : (
    <span className="warn">⚠ Not over before the store opens, {moment(opensAt)}.</span>
  );
}
