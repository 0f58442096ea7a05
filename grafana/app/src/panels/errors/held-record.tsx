import React from 'react';
import type { Quarantined, RecordResult } from '../../answers.js';
import { Noted } from '../../parts/noted.js';
import { State } from '../../parts/state.js';
import { person } from '../../person.js';
import type { Action, Outcome } from '../../use-action.js';
import { ago, count, spaced } from '../../words.js';
import { readContent } from './content.js';
import { Correct } from './correct.js';

/** A record that HQ holds back, with why, what it is, and what can become of it. */
export function HeldRecord({
  record,
  showStore,
  action,
}: {
  readonly record: Quarantined;
  readonly showStore: boolean;
  readonly action: Action;
}) {
  const { quarantineId, storeId, entity, recordId, revision, code, message, receivedAt, times } = record;
  const path = `/quarantine/${quarantineId}`;
  const what = `${entity} ${recordId ?? 'without an id'} of ${storeId}`;
  const { text, json } = readContent(record.content);
  const replay = (body: object) =>
    void action.run<RecordResult>({ route: 'act', path: `${path}/replay`, body }, (result) =>
      outcomeOf(what, result),
    );
  return (
    <li className="item" aria-label={what}>
      <p>
        <State tone="warn" icon="⚠" word={spaced(code)} /> {showStore && `${storeId}, `}
        {entity} {recordId}
        {revision !== null && `, revision ${revision}`}{' '}
        <span className="quiet">
          received {ago(receivedAt)}, {count(times, 'time')}
        </span>
      </p>
      {message && <p>{message}</p>}
      <details>
        <summary>The record</summary>
        <pre>{text}</pre>
      </details>
      {person().mayAct && (
        <div className="row">
          {json !== undefined && (
            <Correct
              what={what}
              json={json}
              reason={message ?? spaced(code)}
              busy={action.busy}
              onConfirm={(corrected) => replay({ record: corrected })}
            />
          )}
          <Noted
            button="Replay as it is …"
            title={`Replay ${what} as it is?`}
            confirm="Replay"
            busy={action.busy}
            onConfirm={(note) => replay(note === '' ? {} : { note })}
          >
            <p>It goes through the same rules again. What was wrong outside of it should be mended before.</p>
          </Noted>
          <Noted
            button="Discard …"
            title={`Discard ${what}?`}
            confirm="Discard"
            danger
            required
            busy={action.busy}
            onConfirm={(note) =>
              void action.run(
                { route: 'act', path: `${path}/discard`, body: { note } },
                () => `${what} is discarded.`,
              )
            }
          >
            <p>
              HQ gives this record up: it is in no figure, ever. It stays readable with what you write here.
            </p>
          </Noted>
        </div>
      )}
    </li>
  );
}

function outcomeOf(what: string, { outcome, code, message }: RecordResult): Outcome {
  if (outcome !== 'quarantined') return { done: `${what} was replayed: ${outcome}.` };
  return {
    problem: {
      status: 200,
      title: `${what} is held again`,
      detail: message ?? spaced(code ?? 'not accepted'),
    },
  };
}
