import React from 'react';
import type { Problem } from '../collector.js';
import type { Outcome } from '../use-action.js';

/** What became of the last thing that was asked for; screen readers say it when it comes. */
export function Result({ outcome }: { outcome: Outcome | undefined }) {
  return (
    <div className="result" role="status" aria-live="polite">
      {outcome && ('done' in outcome ? <p className="good">✓ {outcome.done}</p> : <Trouble {...outcome} />)}
    </div>
  );
}

/** Why something was refused, or cannot be shown. */
export function Trouble({ problem: { title, detail } }: { problem: Problem }) {
  return (
    <p className="bad">
      ✖ {title}
      {detail ? `: ${detail}` : '.'}
    </p>
  );
}
