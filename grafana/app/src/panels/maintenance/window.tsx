import React, { type ReactNode } from 'react';
import type { MaintenanceWindow, Scope } from '../../answers.js';
import { State } from '../../parts/state.js';
import { ago, moment } from '../../words.js';

export function scopeWords(scope: Scope): string {
  if ('storeId' in scope) return `the store ${scope.storeId}`;
  return 'all' in scope ? 'all stores' : `the region ${scope.region}`;
}

/** One time of maintenance. */
export function Window({
  window: { scope, startsAt, endsAt, reason, active, createdBy },
  over,
  children,
}: {
  readonly window: MaintenanceWindow;
  readonly over: boolean;
  readonly children: ReactNode;
}) {
  return (
    <li className="item">
      <p>
        {over ? (
          <State tone="quiet" icon="–" word="over" />
        ) : active ? (
          <State tone="news" icon="▶" word="now" />
        ) : (
          <State tone="quiet" icon="○" word="planned" />
        )}{' '}
        {scopeWords(scope)}: {reason}
      </p>
      <p className="quiet">
        {moment(startsAt)} to {moment(endsAt)} ({over ? 'ended' : 'ends'} {ago(endsAt)}); set by {createdBy}
      </p>
      {children}
    </li>
  );
}
