import type { AgentStatus, PullStatus } from './agent.js';

/** The agent's status for a person at the store, one fact a line, names and values in two columns. */
export function statusText(status: AgentStatus): string {
  const { counters, disk, lastError } = status;
  const rows: [string, string][] = [
    ['connected', status.connected ? 'yes' : 'NO'],
    ['store', status.storeId ?? 'not said by HQ yet'],
    ['instance', status.instanceId],
    ['pending records', String(status.pendingRecords)],
    ['withheld records', String(status.withheldRecords)],
    ['last push', status.lastPushAt ?? 'none since the start'],
    [
      'last error',
      lastError === null ? 'none since the start' : `${lastError.at} ${lastError.code}: ${lastError.message}`,
    ],
    ['disk', `${mib(disk.usedBytes)} of ${mib(disk.limitBytes)} MiB`],
    ['connects', String(counters.connects)],
    ['batches', `${counters.batches}, ${counters.retries} of them sent again`],
    ['accepted', `${counters.accepted}, replaced ${counters.replaced}, duplicate ${counters.duplicates}`],
    ['quarantined', String(counters.quarantined)],
    ...status.pull.map((copy): [string, string] => [copy.entity, copyText(copy)]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

function copyText({ records, lastPullAt, lastError, scanning }: PullStatus): string {
  const parts = [`${records} records`, `pulled ${lastPullAt ?? 'never'}`];
  if (scanning) parts.push('reading from the start');
  if (lastError !== null) parts.push(`last error ${lastError.at} ${lastError.code}: ${lastError.message}`);
  return parts.join(', ');
}

function mib(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(1);
}
