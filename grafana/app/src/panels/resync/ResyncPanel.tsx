import React, { useState } from 'react';
import type { Page, ResyncJob, StoreStatus } from '../../answers.js';
import { read } from '../../collector.js';
import { Confirmed } from '../../parts/confirmed.js';
import { Result, Trouble } from '../../parts/result.js';
import { person } from '../../person.js';
import { useAction } from '../../use-action.js';
import { usePolled } from '../../use-polled.js';
import { count } from '../../words.js';
import { Entities } from './entities.js';
import { Job, JobState } from './job.js';
import { preview, Preview } from './preview.js';

const lastJobs = 5;
const isUnderWay = ({ state }: ResyncJob) => state === 'queued' || state === 'running';

/** Force resync: what it would cost, the click, how far it is, and the last ones. */
export function ResyncPanel({ storeId }: { storeId: string }) {
  const path = `/stores/${encodeURIComponent(storeId)}`;
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const choice = [...left].sort().join();
  const { data, problem, refresh } = usePolled(
    choice,
    async (signal) => {
      const [status, { items: jobs }] = await Promise.all([
        read<StoreStatus>(`${path}/status`, signal),
        read<Page<ResyncJob>>(
          `/resync-jobs?storeId=${encodeURIComponent(storeId)}&limit=${lastJobs}`,
          signal,
        ),
      ]);
      const pulled = status.entities.filter(({ mayResync }) => mayResync).map(({ entity }) => entity);
      const chosen = pulled.filter((entity) => !left.has(entity));
      return { status, jobs, pulled, choice, cost: await preview(path, chosen, signal) };
    },
    ({ jobs }) => jobs.some(isUnderWay),
  );
  const action = useAction(refresh);
  const { mayAct } = person();

  if (!data) return problem ? <Trouble problem={problem} /> : <p className="quiet">Asking HQ …</p>;
  const { status, jobs, pulled } = data;
  const chosen = pulled.filter((entity) => !left.has(entity));
  // Of the choice before, until HQ has said what this one costs.
  const cost = data.choice === choice ? data.cost : undefined;
  const { name } = status.store;
  const current = jobs.find(isUnderWay);
  const ended = jobs.filter((job) => !isUnderWay(job));
  return (
    <>
      {problem && <Trouble problem={problem} />}
      <Result outcome={action.outcome} />
      {current ? (
        <Job job={current}>
          {mayAct && (
            <Confirmed
              button="Cancel resync"
              title={`Cancel the resync of ${name}?`}
              confirm="Cancel resync"
              danger
              busy={action.busy}
              onConfirm={() =>
                void action.run(
                  { route: 'act', path: `/resync-jobs/${current.jobId}/cancel` },
                  () => `The resync of ${name} is cancelled.`,
                )
              }
            >
              <p>
                The store <strong>{name}</strong> ({storeId}) stops reading and goes on from where it was
                before.
              </p>
            </Confirmed>
          )}
        </Job>
      ) : (
        <>
          <Entities
            all={pulled}
            left={left}
            onChange={setLeft}
            legend={mayAct ? 'What the store reads again' : 'What a resync would read again'}
          />
          {chosen.length === 0 ? (
            <p className="warn">⚠ Choose something to read.</p>
          ) : (
            <Preview cost={cost} />
          )}
          {mayAct && (
            <Confirmed
              button="Force resync …"
              title={`Force a resync of ${name}?`}
              confirm="Force resync"
              disabled={cost === undefined}
              busy={action.busy}
              onConfirm={() =>
                void action.run(
                  {
                    route: 'act',
                    path: `${path}/resync`,
                    body: left.size === 0 ? {} : { entities: chosen },
                  },
                  () => `The resync of ${name} was asked for.`,
                )
              }
            >
              <p>
                The store <strong>{name}</strong> ({storeId}) reads {chosen.join(', ')} again.
              </p>
              <Preview cost={cost} />
              {status.store.status !== 'connected' && (
                <p className="warn">⚠ The store is not connected now: the resync waits until it is.</p>
              )}
            </Confirmed>
          )}
        </>
      )}
      <h4>Last resyncs</h4>
      {ended.length === 0 && (
        <p className="quiet">{current ? 'None before this one.' : 'None was ever asked for.'}</p>
      )}
      <ul>
        {ended.map((job) => (
          <li key={job.jobId} className="item">
            <JobState job={job} />{' '}
            <span className="quiet">
              {count(job.recordsConfirmed, 'record')} of {job.entities.join(', ')}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
