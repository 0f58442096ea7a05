import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { acceptedSchemaVersions } from '@hq-sync/protocol/version';
import { defaultHeartbeatIntervalMs, limits } from '@hq-sync/protocol/limits';
import { z } from 'zod';
import { clientAddress } from './http/client-address.js';

const wholeNumber = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);
const milliseconds = (fallback: number, min = 10) => wholeNumber(fallback, min, 86_400_000);

function areAddresses(list: readonly string[] = []): boolean {
  try {
    clientAddress(list);
    return true;
  } catch {
    return false;
  }
}

/** What changed is read again from 60 s before the newest change seen: no transaction may stay open for longer. */
const maxStatementTimeoutMs = 45_000;

/** Every setting of the collector, by its environment variable; `docs/settings.md` is held to this list by a test. */
export const settings = z.object({
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe('PostgreSQL 15 or newer; the user owns its database.'),
  HQ_DATABASE_PASSWORD_FILE: z
    .string()
    .optional()
    .describe('File that holds the password for DATABASE_URL, which then has none.'),
  HQ_HOST: z.string().default('127.0.0.1').describe('Address to listen on.'),
  HQ_PORT: wholeNumber(8080, 0, 65_535).describe('Port to listen on; 0 takes a free one.'),
  HQ_TRUSTED_PROXIES: z
    .string()
    .optional()
    .transform((list) => list?.split(',').map((address) => address.trim()))
    .refine(areAddresses, 'addresses or subnets, with commas')
    .describe('Addresses and subnets of proxies whose `X-Forwarded-For` says who asks.'),
  HQ_ADMIN_TOKEN_FILE: z
    .string()
    .default('hq-admin-token')
    .describe(
      'The first admin token: read from this file, or made at the first start and written to it (mode 0600).',
    ),
  HQ_ADMIN_REQUESTS_PER_MINUTE: wholeNumber(6_000, 1, 1_000_000).describe(
    'Most requests of one admin token, or one person, at each collector; more get 429.',
  ),
  HQ_ADMIN_REFUSALS_PER_MINUTE: wholeNumber(60, 1, 1_000_000).describe(
    'After so many requests of one address without a valid token, all of its requests get 429 until the minute is over.',
  ),
  HQ_OIDC_ISSUER: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('OpenID Connect issuer whose JWTs the admin API takes beside its own tokens.'),
  HQ_OIDC_AUDIENCE: z.string().min(1).optional().describe('Audience that those JWTs are for.'),
  HQ_OIDC_ROLE_CLAIM: z
    .string()
    .min(1)
    .default('roles')
    .describe(
      'Claim that names the role (`viewer`, `operator` or `admin`, each also with `hq-` before it); dots lead into it.',
    ),
  HQ_PAGE_LOGIN: z
    .enum(['off', 'on'])
    .default('off')
    .describe(
      'on: the page at / asks for an admin token and answers from anywhere. off: it answers this machine only.',
    ),
  HQ_LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least severe level that is logged.'),
  HQ_DATABASE_POOL_MAX: wholeNumber(16, 4, 500).describe('Most connections to PostgreSQL.'),
  HQ_DATABASE_STATEMENT_TIMEOUT_MS: wholeNumber(15_000, 10, maxStatementTimeoutMs).describe(
    'A statement that takes longer is cancelled.',
  ),
  HQ_DATABASE_CONNECT_TIMEOUT_MS: milliseconds(3_000).describe('Longest wait for a connection of the pool.'),
  HQ_HEARTBEAT_INTERVAL_MS: milliseconds(defaultHeartbeatIntervalMs, 100).describe(
    'Stores are told to send a heartbeat this often.',
  ),
  HQ_HEARTBEAT_WINDOW_MS: milliseconds(75_000, 200).describe(
    'Without a heartbeat for this long a store is disconnected.',
  ),
  HQ_PING_INTERVAL_MS: milliseconds(4_000, 50).describe(
    'HQ probes a connection that has been quiet for this long.',
  ),
  HQ_SILENCE_LIMIT_MS: milliseconds(8_000, 100).describe(
    'A connection is given up this long after the last byte of its store.',
  ),
  HQ_PUSH_SILENCE_LIMIT_MS: milliseconds(9_500, 100).describe(
    'The same while the body of a push of that store is on its way: a thin line loses a part of it now and then.',
  ),
  HQ_RESTART_GRACE_MS: milliseconds(60_000).describe(
    'After HQ starts, stores are unknown, not disconnected, for this long.',
  ),
  HQ_LEASE_MS: milliseconds(8_000, 200).describe(
    'A collector that does not renew its lease for this long is lost.',
  ),
  HQ_LEASE_RENEWAL_MS: milliseconds(2_000, 50).describe('How often the lease is renewed.'),
  HQ_FLUSH_INTERVAL_MS: milliseconds(100).describe(
    'Changes of the fleet are written in one batch this often.',
  ),
  HQ_WATCH_INTERVAL_MS: milliseconds(5_000, 50).describe(
    'How often tokens, commands and settings are read again, hint or no hint.',
  ),
  HQ_MAX_CONNECTIONS: wholeNumber(25_000, 1, 1_000_000).describe('Most store connections of this process.'),
  HQ_MAX_CONCURRENT_PUSHES: wholeNumber(64, 1, 10_000).describe('Pushes handled at once; more get 429.'),
  HQ_MAX_CONCURRENT_PULLS: wholeNumber(128, 1, 10_000).describe(
    'Pulls answered at once, each with a page of up to 2 MiB until its store has taken it; more wait their turn.',
  ),
  HQ_PULL_WAIT_MS: milliseconds(20_000).describe('A pull that has waited this long for its turn gets 429.'),
  HQ_NEWS_PER_SECOND: wholeNumber(2_000, 1, 1_000_000).describe(
    'Stores that are told of something new, at most, in a second: they come for it at once.',
  ),
  HQ_MAX_RUNNING_RESYNCS: wholeNumber(20, 1, 10_000).describe(
    'Connected stores that read everything again at once; more wait their turn.',
  ),
  HQ_RESYNC_STALL_MS: milliseconds(300_000, 100).describe(
    'A resync that has made no progress for this long gives its turn to another, and goes on when its store does.',
  ),
  HQ_CONFIRM_TIMEOUT_MS: milliseconds(120_000, 100).describe(
    'A page that its store has not confirmed after this long is a failure.',
  ),
  HQ_TOMBSTONE_DAYS: wholeNumber(90, 1, 3_650).describe(
    'Days that deletes are kept for stores that were away; a store away for longer pulls everything again.',
  ),
  HQ_MAX_BATCH_RECORDS: wholeNumber(limits.maxBatchRecords, 1, limits.maxBatchRecords).describe(
    'Most records in a batch.',
  ),
  HQ_MAX_BATCH_BYTES: wholeNumber(limits.maxBatchBytes, 1_024, limits.maxBatchBytes).describe(
    'Most bytes in a batch after decompression.',
  ),
  HQ_MAX_RECORD_BYTES: wholeNumber(limits.maxRecordBytes, 256, limits.maxRecordBytes).describe(
    'Most bytes in one record.',
  ),
  HQ_BODY_STALL_MS: milliseconds(25_000).describe('A body that brings no byte for this long is given up.'),
  HQ_BODY_DEADLINE_MS: milliseconds(240_000).describe(
    'A body that is not complete after this long is given up.',
  ),
  HQ_ACCEPTED_SCHEMA_VERSIONS: z
    .string()
    .default(acceptedSchemaVersions.join(','))
    .transform((list) => list.split(',').map(Number))
    .pipe(z.array(z.int().min(0)).min(1))
    .describe('Schema versions of records that HQ takes, with commas.'),
  HQ_MAX_QUARANTINED_PER_STORE: wholeNumber(10_000, 1, 10_000_000).describe(
    "At this many held records a store's pushes get 429.",
  ),
  HQ_LOG_RETENTION_DAYS: wholeNumber(30, 1, 3_650).describe('Days that the sync log is kept.'),
  HQ_ERROR_RETENTION_DAYS: wholeNumber(90, 1, 3_650).describe(
    'Days that errors and resolved episodes are kept.',
  ),
  HQ_SHUTDOWN_SPREAD_MS: milliseconds(20_000, 0).describe(
    'At a shutdown the stores are told to come back spread over this time.',
  ),
  HQ_SHUTDOWN_DEADLINE_MS: milliseconds(10_000).describe(
    'A shutdown waits this long for requests under way.',
  ),
  HQ_GRAFANA_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where Grafana is, for a link on the page at `/`.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url()
    .optional()
    .describe('Where traces go (OTLP over HTTP); none are made without it.'),
});

export type Settings = z.infer<typeof settings>;

export interface Config extends Settings {
  readonly replicaHost: string;
  readonly version: string;
}

/** A setting is missing or wrong; the message is for a person and names each one. */
export class ConfigError extends Error {}

/** @throws ConfigError naming every variable that does not fit. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = settings.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigError(`The settings do not fit:\n${lines.join('\n')}\nSee docs/settings.md.`);
  }
  const config = parsed.data;
  if ((config.HQ_OIDC_ISSUER === undefined) !== (config.HQ_OIDC_AUDIENCE === undefined)) {
    throw new ConfigError('HQ_OIDC_ISSUER and HQ_OIDC_AUDIENCE belong together: give both or none.');
  }
  if (config.HQ_SILENCE_LIMIT_MS <= config.HQ_PING_INTERVAL_MS) {
    throw new ConfigError('HQ_SILENCE_LIMIT_MS must be longer than HQ_PING_INTERVAL_MS.');
  }
  if (config.HQ_PUSH_SILENCE_LIMIT_MS < config.HQ_SILENCE_LIMIT_MS) {
    throw new ConfigError('HQ_PUSH_SILENCE_LIMIT_MS must not be shorter than HQ_SILENCE_LIMIT_MS.');
  }
  if (config.HQ_LEASE_MS <= config.HQ_LEASE_RENEWAL_MS) {
    throw new ConfigError('HQ_LEASE_MS must be longer than HQ_LEASE_RENEWAL_MS.');
  }
  return {
    ...config,
    DATABASE_URL: withPassword(config.DATABASE_URL, config.HQ_DATABASE_PASSWORD_FILE),
    replicaHost: hostname(),
    version: '0.1.0',
  };
}

/** @throws ConfigError */
function withPassword(databaseUrl: string, file: string | undefined): string {
  if (file === undefined) return databaseUrl;
  const url = new URL(databaseUrl);
  if (url.password !== '')
    throw new ConfigError('DATABASE_URL has a password beside HQ_DATABASE_PASSWORD_FILE: give one of them.');
  try {
    url.password = encodeURIComponent(readFileSync(file, 'utf8').trim());
  } catch (error) {
    throw new ConfigError(`HQ_DATABASE_PASSWORD_FILE cannot be read: ${(error as Error).message}`);
  }
  return url.href;
}
