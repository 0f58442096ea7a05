import type { Command } from '../command.js';
import { adminTokens } from './admin-tokens.js';
import { audit } from './audit.js';
import { completion } from './completion.js';
import { config } from './config.js';
import { enrolCodes } from './enrol-codes.js';
import { errors } from './errors.js';
import { holidays } from './holidays.js';
import { maintenance } from './maintenance.js';
import { quarantine } from './quarantine.js';
import { records } from './records.js';
import { resync } from './resync.js';
import { rollouts } from './rollouts.js';
import { sets } from './sets.js';
import { status, watch } from './status.js';
import { stores } from './stores.js';
import { tokens } from './tokens.js';

/** The first words of commands. */
export const subjects: Readonly<Record<string, string>> = {
  stores: 'The stores that HQ knows',
  status: 'How the stores are',
  tokens: 'Sync tokens of the stores',
  'enrol-codes': 'Codes that become tokens',
  errors: 'What fails, and who looks after it',
  quarantine: 'Records that HQ holds back until a person has looked',
  resync: 'A store that reads everything again',
  rollouts: 'Many stores that do',
  sets: 'Sets of stores that records are for',
  records: "HQ's own data",
  maintenance: 'Times in which nobody is paged',
  holidays: 'Days with other hours',
  audit: 'Who changed what',
  'admin-tokens': 'Tokens of the admin API',
  config: 'Where HQ is, and what opens it',
};

/** Every command. The program, its help, the completion and docs/hqctl.md are made from it. */
export const commands: readonly Command[] = [
  ...stores,
  watch,
  ...status,
  ...tokens,
  ...enrolCodes,
  ...errors,
  ...quarantine,
  ...resync,
  ...rollouts,
  ...sets,
  ...records,
  ...maintenance,
  ...holidays,
  ...audit,
  ...adminTokens,
  ...config,
  completion,
];
