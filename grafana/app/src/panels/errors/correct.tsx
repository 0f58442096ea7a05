import React, { useState } from 'react';
import { Confirmed } from '../../parts/confirmed.js';
import { Field } from '../../parts/field.js';
import { parseObject } from './content.js';

/** An editor for the record; nothing is sent that is no JSON object. */
export function Correct({
  what,
  json,
  reason,
  busy,
  onConfirm,
}: {
  readonly what: string;
  readonly json: string;
  /** Why HQ holds it. */
  readonly reason: string;
  readonly busy: boolean;
  onConfirm(corrected: object): void;
}) {
  const [text, setText] = useState(json);
  const corrected = parseObject(text);
  return (
    <Confirmed
      button="Correct and replay …"
      title={`Correct ${what}`}
      confirm="Replay corrected"
      confirmDisabled={corrected === undefined}
      busy={busy}
      onConfirm={() => corrected && onConfirm(corrected)}
    >
      <p className="warn">⚠ {reason}</p>
      <Field label="The record">
        {(id) => (
          <textarea
            id={id}
            rows={14}
            spellCheck={false}
            value={text}
            aria-invalid={corrected === undefined}
            onChange={({ target }) => setText(target.value)}
          />
        )}
      </Field>
      <p role="status" aria-live="polite" className="bad">
        {corrected === undefined && '✖ This is no JSON object.'}
      </p>
    </Confirmed>
  );
}
