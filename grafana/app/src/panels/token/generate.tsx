import React, { useState } from 'react';
import { Confirmed } from '../../parts/confirmed.js';
import { Field } from '../../parts/field.js';

/** What HQ answers: the only time that the secret is anywhere. */
export interface Generated {
  readonly tokenId: string;
  readonly token: string;
}

const defaultOverlapMinutes = 60;

export function Generate({
  name,
  storeId,
  busy,
  onGenerate,
}: {
  readonly name: string;
  readonly storeId: string;
  readonly busy: boolean;
  onGenerate(options: { overlapMinutes: number; expiresInDays?: number }): void;
}) {
  const [overlapMinutes, setOverlapMinutes] = useState(String(defaultOverlapMinutes));
  const [days, setDays] = useState('');
  return (
    <Confirmed
      button="Generate …"
      title={`Generate a token for ${name}?`}
      confirm="Generate token"
      busy={busy}
      onConfirm={() =>
        onGenerate({
          overlapMinutes: Number(overlapMinutes),
          ...(days !== '' && { expiresInDays: Number(days) }),
        })
      }
    >
      <p>
        A new token for the store <strong>{name}</strong> ({storeId}). It is shown once; carry it to the store
        server.
      </p>
      <Field label="Minutes for which the tokens before still work">
        {(id) => (
          <input
            id={id}
            type="number"
            min={0}
            max={10_080}
            required
            value={overlapMinutes}
            onChange={({ target }) => setOverlapMinutes(target.value)}
          />
        )}
      </Field>
      <Field label="Days until it expires (empty: never)">
        {(id) => (
          <input
            id={id}
            type="number"
            min={1}
            max={3_650}
            value={days}
            onChange={({ target }) => setDays(target.value)}
          />
        )}
      </Field>
    </Confirmed>
  );
}
