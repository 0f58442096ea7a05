import React from 'react';

export type Tone = 'good' | 'bad' | 'warn' | 'news' | 'quiet';

/** Icon and word say it; the colour only helps. */
export function State({ tone, icon, word }: { tone: Tone; icon: string; word: string }) {
  return (
    <span className={`state ${tone}`}>
      <span aria-hidden="true">{icon}</span> {word}
    </span>
  );
}
