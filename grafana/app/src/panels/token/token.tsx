import React, { type ReactNode } from 'react';
import type { StoreToken } from '../../answers.js';
import { State } from '../../parts/state.js';
import { ago, moment } from '../../words.js';

const states = {
  active: { tone: 'good', icon: '●', word: 'active' },
  pending: { tone: 'news', icon: '○', word: 'pending' },
  superseded: { tone: 'quiet', icon: '–', word: 'superseded' },
  lapsed: { tone: 'quiet', icon: '–', word: 'lapsed' },
  expired: { tone: 'warn', icon: '✖', word: 'expired' },
  revoked: { tone: 'warn', icon: '✖', word: 'revoked' },
} as const;

/** Enough to tell the tokens of one store apart. */
export const shortId = (tokenId: string): string => tokenId.slice(0, 8);

/** One token with what may be done about it. */
export function Token({ token, children }: { token: StoreToken; children: ReactNode }) {
  const { tokenId, state, inUse, createdAt, createdBy, expiresAt, supersededAt, lastUsedAt } = token;
  const worksUntil = state === 'active' && supersededAt !== null ? supersededAt : undefined;
  return (
    <li className="item" aria-label={`token ${shortId(tokenId)}`}>
      <p>
        <State {...states[state]} /> <code title={tokenId}>{shortId(tokenId)}</code>
        {inUse && <strong> in use by the store</strong>}
      </p>
      <p className="quiet">
        Made {ago(createdAt)} by {createdBy};{' '}
        {lastUsedAt === null ? 'never used' : `last used ${ago(lastUsedAt)}`};{' '}
        {expiresAt === null ? 'does not expire' : `expires ${moment(expiresAt)}`}
        {worksUntil !== undefined && `; another was generated, so it works until ${moment(worksUntil)}`}
      </p>
      {children}
    </li>
  );
}
