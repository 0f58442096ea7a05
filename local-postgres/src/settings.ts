import path from 'node:path';
import { LocalPostgresError } from './errors.js';
import { replaceOwnedFile } from './owned-file.js';
import type { Place } from './place.js';

/** Included at the end of postgresql.conf and written anew at each start. */
export const SETTINGS_FILE = 'hq.conf';

const DEFAULTS: Record<string, string> = { max_connections: '200', timezone: 'UTC', log_timezone: 'UTC' };

/** No setting of the caller replaces these: they keep committed rows through a crash, and strangers out. */
const FIXED: Record<string, string> = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  logging_collector: 'off',
};

/** Throws LocalPostgresError `bad-setting` for a name that is no setting's, or one that is not the caller's to choose. */
export function refuseBadSettings(chosen: Record<string, string>): void {
  for (const name of Object.keys(chosen)) refuseBadName(name);
}

export async function writeSettings(
  place: Place,
  port: number,
  chosen: Record<string, string>,
): Promise<void> {
  const all = { ...DEFAULTS, ...lowerCased(chosen), ...FIXED, port: String(port) };
  const lines = Object.entries(all).map(([name, value]) => `${name} = '${quoted(value)}'\n`);
  await replaceOwnedFile(path.join(place.dataDir, SETTINGS_FILE), lines.join(''), place.user);
}

function refuseBadName(name: string): void {
  if (!/^[a-z_][a-z0-9_.]*$/i.test(name)) {
    throw new LocalPostgresError('bad-setting', `"${name}" is no name of a PostgreSQL setting.`);
  }
  const lower = name.toLowerCase();
  if (lower in FIXED || lower === 'port') {
    throw new LocalPostgresError('bad-setting', `The PostgreSQL setting ${lower} is fixed here.`);
  }
}

function lowerCased(settings: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name.toLowerCase(), value]));
}

function quoted(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\n', '\\n');
}
