import React, { type ReactNode } from 'react';
import type { ResyncJob } from '../../answers.js';
import { State } from '../../parts/state.js';
import { ago, count } from '../../words.js';

/** As the dashboards' tables say them. */
const states = {
  queued: { tone: 'news', icon: '○', word: 'queued' },
  running: { tone: 'news', icon: '▶', word: 'running' },
  done: { tone: 'good', icon: '✓', word: 'applied by the store' },
  cancelled: { tone: 'quiet', icon: '–', word: 'cancelled' },
  failed: { tone: 'bad', icon: '✖', word: 'failed' },
} as const;

export function JobState({ job }: { job: ResyncJob }) {
  return (
    <>
      <State {...states[job.state]} />
      {job.message && <> {job.message}</>}{' '}
      <span className="quiet">
        {ago(job.endedAt ?? job.createdAt)}, asked for by {job.createdBy};
      </span>
    </>
  );
}

/** One that is under way. */
export function Job({ job, children }: { job: ResyncJob; children: ReactNode }) {
  return (
    <section aria-label="Resync under way">
      <p>
        <State {...states[job.state]} /> {job.percent} %
        {job.state === 'queued'
          ? ': it waits for the store.'
          : `: ${job.recordsConfirmed.toLocaleString('en')} of ${count(job.recordsTotal, 'record')} applied by the store.`}
      </p>
      <p>
        <progress value={job.percent} max={100} aria-label="Progress of the resync" />
      </p>
      <p className="quiet">
        {job.entities.join(', ')}; asked for by {job.createdBy}, {ago(job.createdAt)}
      </p>
      {children}
    </section>
  );
}
