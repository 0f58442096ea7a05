import React, { useRef, useState } from 'react';
import { Dialog } from '../../parts/confirmed.js';
import type { Generated } from './generate.js';
import { shortId } from './token.js';

/** The secret, until the dialog is closed; nothing keeps it after that. */
export function Secret({ tokenId, token, name, onClose }: Generated & { name: string; onClose(): void }) {
  const text = useRef<HTMLElement>(null);
  const [said, setSaid] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(token);
      setSaid('Copied.');
    } catch {
      // A Grafana without HTTPS has no clipboard.
      getSelection()?.selectAllChildren(text.current!);
      setSaid('It is selected: copy it with your keyboard.');
    }
  };
  return (
    <Dialog title={`The new token of ${name}`} onClose={onClose}>
      <p>Token {shortId(tokenId)}. It is shown this once: HQ keeps only its hash.</p>
      <code className="secret" aria-label="The token" ref={text}>
        {token}
      </code>
      <p role="status" aria-live="polite">
        {said}
      </p>
      <div className="row">
        <button type="button" className="primary" onClick={() => void copy()}>
          Copy
        </button>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
