import React, { type ReactNode } from 'react';
import { useOwnId } from './use-own-id.js';

/** A control with its label above it. */
export function Field({ label, children }: { readonly label: string; children(id: string): ReactNode }) {
  const id = useOwnId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children(id)}
    </div>
  );
}
