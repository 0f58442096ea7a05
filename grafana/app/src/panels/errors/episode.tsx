import React from 'react';
import type { ErrorEpisode } from '../../answers.js';
import { Noted } from '../../parts/noted.js';
import { State } from '../../parts/state.js';
import { person } from '../../person.js';
import type { Action } from '../../use-action.js';
import { ago, count, spaced } from '../../words.js';

/** Failures of one kind in a row, which have not ended. */
export function Episode({
  episode,
  showStore,
  action,
}: {
  readonly episode: ErrorEpisode;
  readonly showStore: boolean;
  readonly action: Action;
}) {
  const { episodeId, storeId, kind, entity, direction, message, failures, openedAt, lastAt, advice } =
    episode;
  const { login, mayAct } = person();
  const path = `/errors/${episodeId}`;
  const what = `${spaced(kind)} at ${storeId}`;
  const mine = episode.assignedTo === login;
  const assign = (assignee: string | null, done: string) =>
    void action.run({ route: 'act', path: `${path}/assign`, body: { assignee } }, () => done);
  return (
    <li className="item" aria-label={what}>
      <p>
        <State tone="bad" icon="✖" word={spaced(kind)} />{' '}
        {[showStore && storeId, entity, direction].filter(Boolean).join(', ')}{' '}
        <span className="quiet">
          {count(failures, 'failure')} since {ago(openedAt)}, the last {ago(lastAt)}
        </span>
      </p>
      {message && <p>{message}</p>}
      <p className="quiet">
        By itself: {advice.itself} What to do: {advice.person}
      </p>
      {episode.acknowledgedAt !== null && (
        <p>
          ✓ Seen by {episode.acknowledgedBy}, {ago(episode.acknowledgedAt)}
          {episode.acknowledgedNote !== null && `: ${episode.acknowledgedNote}`}
        </p>
      )}
      {episode.assignedTo !== null && (
        <p>→ {mine ? 'You look after it.' : `${episode.assignedTo} looks after it.`}</p>
      )}
      {mayAct && (
        <div className="row">
          <button
            type="button"
            disabled={action.busy}
            onClick={() =>
              void action.run(
                { route: 'act', path: `${path}/retry` },
                () => `${storeId} was asked to try again now; the error goes when it worked.`,
              )
            }
          >
            Retry now
          </button>
          <Noted
            button="Acknowledge …"
            title={`Acknowledge ${what}?`}
            confirm="Acknowledge"
            busy={action.busy}
            onConfirm={(note) =>
              void action.run(
                { route: 'act', path: `${path}/acknowledge`, body: note === '' ? {} : { note } },
                () => `${what} is noted as seen.`,
              )
            }
          >
            <p>It stays open until its cause has gone.</p>
          </Noted>
          {mine ? (
            <button
              type="button"
              disabled={action.busy}
              onClick={() => assign(null, `Nobody looks after ${what} now.`)}
            >
              Give back
            </button>
          ) : (
            <button
              type="button"
              disabled={action.busy}
              onClick={() => assign(login, `You look after ${what} now.`)}
            >
              Assign to me
            </button>
          )}
        </div>
      )}
    </li>
  );
}
