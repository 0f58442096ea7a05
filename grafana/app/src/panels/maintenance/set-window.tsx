import React, { useState } from 'react';
import type { Scope, StoreStatus } from '../../answers.js';
import { Confirmed } from '../../parts/confirmed.js';
import { Field } from '../../parts/field.js';
import { scopeWords } from './window.js';

/** HQ takes 90 days. */
const maxMinutes = 90 * 24 * 60;
const maxReasonChars = 1_000;

/** For what, how long and why. */
export function SetWindow({
  store: { storeId, region },
  busy,
  onConfirm,
}: {
  readonly store: StoreStatus['store'];
  readonly busy: boolean;
  onConfirm(scope: Scope, minutes: number, reason: string): void;
}) {
  const scopes: readonly Scope[] = [{ storeId }, ...(region === null ? [] : [{ region }]), { all: true }];
  const [chosen, setChosen] = useState(0);
  const [minutes, setMinutes] = useState('60');
  const [reason, setReason] = useState('');
  return (
    <Confirmed
      button="Set maintenance …"
      title="Set maintenance from now on?"
      confirm="Set maintenance"
      busy={busy}
      onConfirm={() => onConfirm(scopes[chosen]!, Number(minutes), reason.trim())}
    >
      <p>Nobody is paged for these stores in this time. They go on syncing as they can.</p>
      <Field label="Of">
        {(id) => (
          <select id={id} value={chosen} onChange={({ target }) => setChosen(Number(target.value))}>
            {scopes.map((scope, index) => (
              <option key={index} value={index}>
                {scopeWords(scope)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Minutes">
        {(id) => (
          <input
            id={id}
            type="number"
            required
            min={1}
            max={maxMinutes}
            value={minutes}
            onChange={({ target }) => setMinutes(target.value)}
          />
        )}
      </Field>
      <Field label="Why">
        {(id) => (
          <input
            id={id}
            type="text"
            required
            pattern=".*\S.*"
            maxLength={maxReasonChars}
            value={reason}
            onChange={({ target }) => setReason(target.value)}
          />
        )}
      </Field>
    </Confirmed>
  );
}
