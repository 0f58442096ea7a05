import React from 'react';
import type { ErrorEpisode, Page, Quarantined } from '../../answers.js';
import { read } from '../../collector.js';
import { Result, Trouble } from '../../parts/result.js';
import { useAction } from '../../use-action.js';
import { usePolled } from '../../use-polled.js';
import { count } from '../../words.js';
import { Episode } from './episode.js';
import { HeldRecord } from './held-record.js';

/** As many as a person looks through; the dashboards' tables have all. */
const maxShown = 50;

/** Errors that are open and records in quarantine, of one store or of all, and what a person can do about each. */
export function ErrorsPanel({ storeId }: { storeId: string | undefined }) {
  const ofStore = storeId === undefined ? '' : `&storeId=${encodeURIComponent(storeId)}`;
  const { data, problem, refresh } = usePolled(
    ofStore,
    async (signal) => {
      const [errors, quarantine] = await Promise.all([
        read<Page<ErrorEpisode>>(`/errors?open=true&limit=${maxShown}${ofStore}`, signal),
        read<Page<Quarantined>>(`/quarantine?limit=${maxShown}${ofStore}`, signal),
      ]);
      return { errors, quarantine };
    },
    () => false,
  );
  const action = useAction(refresh);

  if (!data) return problem ? <Trouble problem={problem} /> : <p className="quiet">Asking HQ …</p>;
  const { errors, quarantine } = data;
  const all = storeId === undefined;
  return (
    <>
      {problem && <Trouble problem={problem} />}
      <Result outcome={action.outcome} />
      <h4>{headline(errors, 'open error')}</h4>
      <ul>
        {errors.items.map((episode) => (
          <Episode key={episode.episodeId} episode={episode} showStore={all} action={action} />
        ))}
      </ul>
      <h4>{headline(quarantine, 'record')} in quarantine</h4>
      <ul>
        {quarantine.items.map((record) => (
          <HeldRecord key={contentKey(record)} record={record} showStore={all} action={action} />
        ))}
      </ul>
    </>
  );
}

/** A replay that is held again is the same record by another id: what is being written about it stays. */
const contentKey = ({ storeId, entity, content }: Quarantined): string => `${storeId} ${entity} ${content}`;

const headline = ({ items, next }: Page<unknown>, one: string): string =>
  next === null ? count(items.length, one) : `The newest ${count(items.length, one)}`;
