import React from 'react';
import type { MaintenanceWindow, Page, Scope, StoreStatus } from '../../answers.js';
import { read } from '../../collector.js';
import { Confirmed } from '../../parts/confirmed.js';
import { Result, Trouble } from '../../parts/result.js';
import { person } from '../../person.js';
import { useAction } from '../../use-action.js';
import { usePolled } from '../../use-polled.js';
import { count } from '../../words.js';
import { SetWindow } from './set-window.js';
import { scopeWords, Window } from './window.js';

const maxRead = 200;
/** Those that are over, below those that are not. */
const maxEnded = 3;

/** Times in which nobody is paged for this store: its own, its region's, those of all. */
export function MaintenancePanel({ storeId }: { storeId: string }) {
  const { data, problem, refresh } = usePolled(
    storeId,
    async (signal) => {
      const [{ store }, { items }] = await Promise.all([
        read<StoreStatus>(`/stores/${encodeURIComponent(storeId)}/status`, signal),
        read<Page<MaintenanceWindow>>(`/maintenance-windows?limit=${maxRead}`, signal),
      ]);
      // A browser's clock may be wrong by more than a window is long.
      const hqAheadMs = Date.parse(store.dataAsOf) - Date.now();
      return { store, hqAheadMs, windows: items.filter(({ scope }) => concerns(scope, store)) };
    },
    () => false,
  );
  const action = useAction(refresh);
  const { mayAct } = person();

  if (!data) return problem ? <Trouble problem={problem} /> : <p className="quiet">Asking HQ …</p>;
  const { store, hqAheadMs, windows } = data;
  const hqNowMs = Date.now() + hqAheadMs;
  const isOver = ({ endsAt }: MaintenanceWindow) => Date.parse(endsAt) <= hqNowMs;
  const shown = [...windows.filter((one) => !isOver(one)), ...windows.filter(isOver).slice(0, maxEnded)];
  return (
    <>
      {problem && <Trouble problem={problem} />}
      <Result outcome={action.outcome} />
      {mayAct && (
        <div className="row">
          <SetWindow
            store={store}
            busy={action.busy}
            onConfirm={(scope, minutes, reason) =>
              void action.run<MaintenanceWindow>(
                {
                  route: 'act',
                  path: '/maintenance-windows',
                  body: {
                    scope,
                    endsAt: new Date(Date.now() + hqAheadMs + minutes * 60_000).toISOString(),
                    reason,
                  },
                  decision: { scope, minutes, reason },
                },
                ({ endsAt }) =>
                  `Maintenance of ${scopeWords(scope)} is set: nobody is paged for ${minutesTo(endsAt, hqAheadMs)}.`,
              )
            }
          />
        </div>
      )}
      {shown.length === 0 && <p className="quiet">No maintenance is set, or was lately.</p>}
      <ul>
        {shown.map((one) => (
          <Window key={one.windowId} window={one} over={isOver(one)}>
            {mayAct && !isOver(one) && (
              <Confirmed
                button="End …"
                title={`End the maintenance of ${scopeWords(one.scope)}?`}
                confirm="End maintenance"
                busy={action.busy}
                onConfirm={() =>
                  void action.run(
                    { route: 'act', path: `/maintenance-windows/${one.windowId}/end` },
                    () => `The maintenance of ${scopeWords(one.scope)} is over.`,
                  )
                }
              >
                <p>From now on somebody is paged again when a store is not online.</p>
              </Confirmed>
            )}
          </Window>
        ))}
      </ul>
    </>
  );
}

/** Sent again after no answer came, it is the window of the first time. */
const minutesTo = (instant: string, hqAheadMs: number): string =>
  count(Math.round((Date.parse(instant) - Date.now() - hqAheadMs) / 60_000), 'minute');

function concerns(scope: Scope, { storeId, region }: StoreStatus['store']): boolean {
  if ('storeId' in scope) return scope.storeId === storeId;
  return 'all' in scope || scope.region === region;
}
