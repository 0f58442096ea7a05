-- The tables of HQ. Times are timestamptz; money is bigint in the currency's minor unit.
-- Leases and windows use clock_timestamp(); business time uses hq.hq_now() alone.

create schema hq;

-- Business time -------------------------------------------------------------------------------------------

-- Empty in production. A test fixes business time by its one row; nothing but hq_now() reads it.
create table hq.business_clock (
  singleton boolean primary key default true check (singleton),
  fixed_at timestamptz not null
);

create function hq.hq_now() returns timestamptz
language sql stable
as $$ select coalesce((select fixed_at from hq.business_clock), clock_timestamp()) $$;

-- The store's own day at an instant. Subtracting the cutover from local time, not from the instant, keeps a
-- 23 or 25 hour day whole.
create function hq.business_date(at timestamptz, timezone text, day_cutover time) returns date
language sql stable
as $$ select ((at at time zone timezone) - day_cutover)::date $$;

-- Headquarters and its collectors ---------------------------------------------------------------------------

create table hq.headquarters (
  singleton boolean primary key default true check (singleton),
  epoch uuid not null default gen_random_uuid(),
  heartbeat_window_ms integer not null default 75000,
  restart_grace_ms integer not null default 60000
);
insert into hq.headquarters default values;

create table hq.collector (
  replica_id uuid primary key,
  hostname text not null,
  version text not null,
  started_at timestamptz not null default clock_timestamp(),
  -- Start of the present unbroken lease; moves when the lease had lapsed and was taken again.
  serving_since timestamptz not null default clock_timestamp(),
  renewed_at timestamptz not null default clock_timestamp(),
  lease_until timestamptz not null
);

-- Stores and their tokens -----------------------------------------------------------------------------------

create table hq.store (
  store_id text primary key,
  name text not null,
  region text,
  timezone text not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  -- {"mon": [["08:00", "22:00"]], ...}; null: always open. An end at or before its start is on the next day.
  opening_hours jsonb,
  day_cutover time not null default '00:00',
  created_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz not null default clock_timestamp(),
  archived_at timestamptz
);

create table hq.store_token (
  token_id uuid primary key default gen_random_uuid(),
  store_id text not null references hq.store,
  -- SHA-256 of a 256 bit random secret: nothing to guess, so no slow hash is needed.
  secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  -- After this the token is superseded: a newer one was generated and the overlap has ended.
  superseded_at timestamptz,
  first_used_at timestamptz,
  last_used_at timestamptz
);
create index store_token_store on hq.store_token (store_id);

-- What HQ knows of each store that was ever issued a token: its connection and its latest heartbeat.
create table hq.store_connection (
  store_id text primary key references hq.store,
  -- Null when disconnected. A statement on behalf of a connection names its connection_id and so can never
  -- overwrite what a newer connection has written.
  connection_id uuid,
  replica_id uuid,
  connected_at timestamptz,
  disconnected_at timestamptz,
  disconnect_reason text,
  connects_total bigint not null default 0,
  instance_id uuid,
  previous_instance_id uuid,
  -- Last time that two instances were seen taking turns on one token.
  duplicate_server_at timestamptz,
  agent_version text,
  schema_version integer,
  schema_compatible boolean,
  clock_skew_ms bigint,
  last_heartbeat_at timestamptz,
  -- Claims of the latest heartbeat.
  last_sale_at timestamptz,
  pending_records bigint not null default 0,
  oldest_pending_at timestamptz,
  withheld_records bigint not null default 0,
  disk_used_bytes bigint,
  disk_limit_bytes bigint,
  open_registers jsonb not null default '[]',
  queues jsonb not null default '[]',
  days jsonb not null default '[]'
) with (fillfactor = 60); -- every heartbeat updates its row in place

create table hq.store_disconnect_total (
  store_id text not null references hq.store,
  reason text not null,
  total bigint not null,
  changed_at timestamptz not null default clock_timestamp(),
  primary key (store_id, reason)
) with (fillfactor = 80);

create table hq.store_command (
  command_id uuid primary key default gen_random_uuid(),
  store_id text not null references hq.store,
  command text not null,
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  done_at timestamptz,
  outcome text,
  message text
);
create index store_command_waiting on hq.store_command (store_id, created_at) where done_at is null;

-- What stores push ------------------------------------------------------------------------------------------

-- The kinds of record that sync: data, so that adding one needs no change of code.
create table hq.entity (
  entity text primary key check (entity ~ '^[a-z][a-z0-9_]{0,62}$'),
  direction text not null check (direction in ('push', 'pull'))
);
insert into hq.entity (entity, direction) values
  ('products', 'pull'), ('departments', 'pull'), ('tax_rates', 'pull'), ('users', 'pull'), ('promotions', 'pull'),
  ('customers', 'pull'), ('sales', 'push'), ('inventory_adjustments', 'push'), ('register_sessions', 'push');

-- The newest revision of each record. Its key is the record's identity, unique for ever, which is why this table is
-- not partitioned. Amounts are set for sales and are what the record adds to hq.activity.
create table hq.pushed_record (
  store_id text not null references hq.store,
  entity text not null references hq.entity,
  record_id text not null,
  revision integer not null,
  -- Fixed at the first receipt of any revision, by the store's settings of that moment.
  business_date date,
  occurred_at timestamptz,
  kind text,
  status text,
  currency text,
  gross_minor bigint,
  discount_minor bigint,
  tax_minor bigint,
  schema_version integer not null,
  received_at timestamptz not null default clock_timestamp(),
  data jsonb not null,
  primary key (store_id, entity, record_id)
);

-- Every other revision that came, the replaced and the late.
create table hq.pushed_revision (
  store_id text not null,
  entity text not null,
  record_id text not null,
  revision integer not null,
  schema_version integer not null,
  received_at timestamptz not null,
  data jsonb not null,
  primary key (store_id, entity, record_id, revision),
  foreign key (store_id, entity, record_id) references hq.pushed_record
);

-- Totals per business date and currency, kept in the transaction that keeps the records.
create table hq.activity (
  store_id text not null references hq.store,
  business_date date not null,
  currency text not null,
  sales_count bigint not null default 0,
  gross_minor bigint not null default 0,
  tax_minor bigint not null default 0,
  discount_minor bigint not null default 0,
  void_count bigint not null default 0,
  void_minor bigint not null default 0,
  return_count bigint not null default 0,
  return_minor bigint not null default 0,
  primary key (store_id, business_date, currency)
) with (fillfactor = 80);

create table hq.quarantined_record (
  quarantine_id bigint primary key generated always as identity,
  store_id text not null references hq.store,
  entity text not null references hq.entity,
  record_id text,
  revision integer,
  code text not null,
  message text not null,
  schema_version integer not null,
  -- The line as it came, byte for byte: it need not be JSON, nor even text.
  content bytea not null,
  content_hash bytea not null,
  received_at timestamptz not null default clock_timestamp(),
  -- How often the same line has come.
  times integer not null default 1,
  state text not null default 'held' check (state in ('held', 'replayed', 'discarded')),
  resolved_at timestamptz,
  resolved_by text
);
-- A batch sent again must not fill the table: the same line of the same store is held once.
create unique index quarantined_record_held on hq.quarantined_record (store_id, entity, content_hash) where state = 'held';

-- What came of it --------------------------------------------------------------------------------------------

create table hq.store_entity (
  store_id text not null references hq.store,
  entity text not null references hq.entity,
  direction text not null check (direction in ('push', 'pull')),
  last_success_at timestamptz,
  records_total bigint not null default 0,
  changed_at timestamptz not null default clock_timestamp(),
  primary key (store_id, entity, direction)
) with (fillfactor = 70);

-- One row an operation, successful or not; `operations` is above 1 only where failures were counted in memory while
-- the database was away.
create table hq.sync_log (
  at timestamptz not null default clock_timestamp(),
  store_id text not null,
  entity text not null,
  direction text not null,
  batch_id text,
  succeeded boolean not null,
  kind text,
  code text,
  records integer not null default 0,
  accepted integer not null default 0,
  duplicate integer not null default 0,
  replaced integer not null default 0,
  quarantined integer not null default 0,
  bytes bigint not null default 0,
  duration_ms integer,
  schema_version integer,
  operations integer not null default 1
) partition by range (at);
create index sync_log_store on hq.sync_log (store_id, at desc);

-- Every error with its words: failed operations, bad frames, what stores report.
create table hq.sync_error (
  at timestamptz not null default clock_timestamp(),
  store_id text not null,
  entity text,
  direction text,
  kind text,
  code text not null,
  message text not null,
  source text not null check (source in ('http', 'socket', 'store')),
  batch_id text,
  times integer not null default 1
) partition by range (at);
create index sync_error_store on hq.sync_error (store_id, at desc);

-- Rows that fall outside every day's partition (a maintenance that could not run) are kept here, not refused.
create table hq.sync_log_default partition of hq.sync_log default;
create table hq.sync_error_default partition of hq.sync_error default;

-- Consecutive failures of one (store, entity, direction, kind). entity and direction are '' where the error has none.
create table hq.error_episode (
  episode_id bigint primary key generated always as identity,
  store_id text not null references hq.store,
  entity text not null,
  direction text not null,
  kind text not null,
  code text not null,
  message text not null,
  opened_at timestamptz not null,
  last_at timestamptz not null,
  failures bigint not null,
  resolved_at timestamptz,
  acknowledged_at timestamptz,
  acknowledged_by text
) with (fillfactor = 80);
create unique index error_episode_open on hq.error_episode (store_id, entity, direction, kind) where resolved_at is null;
create index error_episode_resolved on hq.error_episode (resolved_at) where resolved_at is not null;

create table hq.store_error_total (
  store_id text not null references hq.store,
  kind text not null,
  total bigint not null,
  changed_at timestamptz not null default clock_timestamp(),
  primary key (store_id, kind)
) with (fillfactor = 80);

-- Failures of nobody HQ knows: one row per source, reason and hour, however many came.
create table hq.auth_failure (
  hour timestamptz not null,
  source text not null,
  reason text not null,
  failures bigint not null,
  last_at timestamptz not null,
  primary key (hour, source, reason)
);

-- People -----------------------------------------------------------------------------------------------------

create table hq.admin_token (
  token_id uuid primary key default gen_random_uuid(),
  name text not null,
  role text not null check (role in ('viewer', 'operator', 'admin')),
  secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz,
  revoked_at timestamptz
);

create table hq.audit_log (
  audit_id bigint primary key generated always as identity,
  at timestamptz not null default clock_timestamp(),
  actor text not null,
  action text not null,
  store_id text,
  source text not null,
  detail jsonb not null
);
create index audit_log_store on hq.audit_log (store_id, at desc);
