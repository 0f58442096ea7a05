import type { PanelProps } from '@grafana/data';
import React, { type ComponentType } from 'react';
import { styleSheet, themeVariables } from '../theme.js';

/** A panel of the store that the dashboard has chosen, by its variable `store`; another choice is another panel. */
export function inStore(Panel: ComponentType<{ storeId: string }>): ComponentType<PanelProps> {
  return frame((props) => {
    const storeId = chosenStore(props);
    if (storeId === undefined) return <p className="quiet">Choose one store above.</p>;
    return <Panel key={storeId} storeId={storeId} />;
  });
}

/** A panel of the chosen store, or of all stores where none is chosen, or the dashboard says so (`everyStore`). */
export function inFleet(Panel: ComponentType<{ storeId: string | undefined }>): ComponentType<PanelProps> {
  return frame((props) => {
    const storeId = props.options['everyStore'] === true ? undefined : chosenStore(props);
    return <Panel key={storeId ?? ''} storeId={storeId} />;
  });
}

function frame(Content: ComponentType<PanelProps>): ComponentType<PanelProps> {
  return (props) => (
    <div className="hqsync" style={themeVariables()}>
      <style>{styleSheet}</style>
      <Content {...props} />
    </div>
  );
}

/** Grafana leaves the name of a variable that the dashboard does not have as it is. */
function chosenStore({ replaceVariables }: PanelProps): string | undefined {
  const chosen = replaceVariables('${store:raw}');
  return ['', '${store:raw}', '$__all', 'All'].includes(chosen) ? undefined : chosen;
}
