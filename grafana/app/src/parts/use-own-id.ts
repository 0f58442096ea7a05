import { useState } from 'react';

let used = 0;

/** For an element of this component; React's own `useId` is not in the React 17 of Grafana 9. */
export function useOwnId(): string {
  const [id] = useState(() => `hqsync-${(used += 1)}-${Math.random().toString(36).slice(2)}`);
  return id;
}
