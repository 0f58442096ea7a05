import React, { useState, type ReactNode } from 'react';
import { Confirmed } from './confirmed.js';
import { Field } from './field.js';

/** As long as HQ keeps one. */
const maxNoteChars = 1_000;

/** A confirmation with a note for those who look later. */
export function Noted({
  required = false,
  onConfirm,
  children,
  ...rest
}: {
  readonly button: string;
  readonly title: string;
  readonly confirm: string;
  readonly danger?: boolean;
  readonly busy: boolean;
  readonly required?: boolean;
  onConfirm(note: string): void;
  readonly children?: ReactNode;
}) {
  const [note, setNote] = useState('');
  return (
    <Confirmed {...rest} onConfirm={() => onConfirm(note.trim())}>
      {children}
      <Field label={required ? 'Why' : 'Note'}>
        {(id) => (
          <input
            id={id}
            type="text"
            required={required}
            pattern={required ? '.*\\S.*' : undefined}
            maxLength={maxNoteChars}
            value={note}
            onChange={({ target }) => setNote(target.value)}
          />
        )}
      </Field>
    </Confirmed>
  );
}
