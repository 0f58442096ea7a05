
CREATE SCHEMA hq;

CREATE SCHEMA hq_view;

CREATE FUNCTION hq.business_date(at timestamp with time zone, timezone text, day_cutover time without time zone) RETURNS date
    LANGUAGE sql STABLE
    AS $$ select ((at at time zone timezone) - day_cutover)::date $$;

CREATE TABLE hq.store (
    store_id text NOT NULL,
    name text NOT NULL,
    region text,
    timezone text NOT NULL,
    currency text NOT NULL,
    opening_hours jsonb,
    day_cutover time without time zone DEFAULT '00:00:00'::time without time zone NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    archived_at timestamp with time zone,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT store_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
);

CREATE FUNCTION hq.expected_online(store hq.store, at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
begin
  return hq.is_open(store, at) and not hq.in_maintenance(store, at);
end
$$;

CREATE FUNCTION hq.hours_on(store hq.store, on_day date, holidays boolean) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
declare
  hours jsonb;
begin
  if holidays then
    select h.hours into hours from hq.holiday h
    where h.day = on_day
      and (h.store_id = store.store_id or h.region = store.region or (h.store_id is null and h.region is null))
    order by h.store_id nulls last, h.region nulls last
    limit 1;
  end if;
  return coalesce(hours, case
    when store.opening_hours is null then '[["00:00", "24:00"]]'
    else store.opening_hours -> lower(to_char(on_day, 'dy'))
  end, '[]');
end
$$;

CREATE FUNCTION hq.hq_data_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  perform pg_notify('hq_data_changed', '');
  return null;
end
$$;

CREATE FUNCTION hq.hq_now() RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$ select coalesce((select fixed_at from hq.business_clock), clock_timestamp()) $$;

CREATE FUNCTION hq.hq_record_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  new.changed_at := clock_timestamp();
  new.position := null;
  new.line := '{"id":' || to_json(new.record_id)::text
    || case when new.deleted then ',"deleted":true' else ',"data":' || new.data::text end || E'}\n';
  new.bytes := octet_length(new.line);
  if tg_op = 'UPDATE' and old.store_set <> new.store_set then
    insert into hq.hq_pointer (entity, record_id, store_set) values (old.entity, old.record_id, old.store_set);
  end if;
  return new;
end
$$;

CREATE FUNCTION hq.in_maintenance(store hq.store, at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
begin
  return exists (
    select from hq.maintenance_window w
    where w.ends_at > at and w.starts_at <= at and (w.ended_at is null or w.ended_at > at)
      and (w.store_id = store.store_id or w.region = store.region or (w.store_id is null and w.region is null))
  );
end
$$;

CREATE FUNCTION hq.is_open(store hq.store, at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
declare
  local constant timestamp := at at time zone store.timezone;
  holidays constant boolean := exists (select from hq.holiday where day in (local::date, local::date - 1));
  on_day date;
  hours jsonb;
  opens time;
  closes time;
begin
  if store.opening_hours is null and not holidays then
    return true;
  end if;
  for days_ago in 0..1 loop
    on_day := local::date - days_ago;
    hours := hq.hours_on(store, on_day, holidays);
    for i in 0..jsonb_array_length(hours) - 1 loop
      opens := hours -> i ->> 0;
      closes := hours -> i ->> 1;
      if local >= on_day + opens and local < on_day + (closes <= opens)::integer + closes then
        return true;
      end if;
    end loop;
  end loop;
  return false;
end
$$;

CREATE FUNCTION hq.next_opening(store hq.store, at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
declare
  today constant date := (at at time zone store.timezone)::date;
  opens_at timestamptz;
  earliest timestamptz;
  hours jsonb;
begin
  if store.opening_hours is null then
    return null;
  end if;
  for days_ahead in 0..14 loop
    hours := hq.hours_on(store, today + days_ahead, true);
    for i in 0..jsonb_array_length(hours) - 1 loop
      opens_at := (today + days_ahead + (hours -> i ->> 0)::time) at time zone store.timezone;
      if opens_at > at and (earliest is null or opens_at < earliest) then
        earliest := opens_at;
      end if;
    end loop;
    exit when earliest is not null;
  end loop;
  return earliest;
end
$$;

CREATE FUNCTION hq.publish(publishing text) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
  most constant integer := 20000;
  before bigint;
  after bigint;
begin
  insert into hq.entity_head (entity) values (publishing) on conflict do nothing;
  -- Publishers of an entity follow each other here, and each sees what the one before has committed.
  select head into before from hq.entity_head where entity = publishing for update;
  after := before;
  with waiting as (
    select record_id from hq.hq_record where entity = publishing and position is null limit most for update skip locked
  ), numbered as (
    select record_id, before + row_number() over () as position from waiting
  ), published as (
    update hq.hq_record r set position = n.position from numbered n
    where r.entity = publishing and r.record_id = n.record_id
    returning r.position
  )
  select coalesce(max(position), after) into after from published;
  with waiting as (
    select pointer_id from hq.hq_pointer where entity = publishing and position is null limit most for update skip locked
  ), numbered as (
    select pointer_id, after + row_number() over () as position from waiting
  ), published as (
    update hq.hq_pointer p set position = n.position from numbered n where p.pointer_id = n.pointer_id
    returning p.position
  )
  select coalesce(max(position), after) into after from published;
  with waiting as (
    select change_id from hq.store_set_change where entity = publishing and position is null limit most for update skip locked
  ), numbered as (
    select change_id, after + row_number() over () as position from waiting
  ), published as (
    update hq.store_set_change c set position = n.position from numbered n where c.change_id = n.change_id
    returning c.position
  )
  select coalesce(max(position), after) into after from published;
  if after = before then
    return null;
  end if;
  update hq.entity_head set head = after where entity = publishing;
  insert into hq.publication (entity, head) values (publishing, after);
  insert into hq.set_publication (entity, store_set, head, changes)
  select publishing, s.store_set, after, n.changes + coalesce((
    select changes from hq.set_publication p
    where p.entity = publishing and p.store_set = s.store_set order by p.head desc limit 1), 0)
  from hq.store_set s cross join lateral (
    select
      (select count(*) from hq.hq_record r
        where r.entity = publishing and r.store_set = s.store_set and r.position > before and r.position <= after)
      + (select count(*) from hq.hq_pointer p
        where p.entity = publishing and p.store_set = s.store_set and p.position > before and p.position <= after) as changes
  ) n
  where n.changes > 0;
  perform pg_notify('hq_published', '');
  return after;
end
$$;

CREATE FUNCTION hq.set_has_records(entity text, store_set text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $_$
  select exists (
    select from hq.hq_record r where r.entity = $1 and r.store_set = $2 and r.position is not null
  ) or exists (
    select from hq.hq_pointer p where p.entity = $1 and p.store_set = $2 and p.position is not null
  ) or exists (
    select from hq.hq_record r where r.entity = $1 and r.store_set = $2 and r.position is null
  )
$_$;

CREATE FUNCTION hq.store_set_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  insert into hq.store_set_change (entity, store_id, store_set)
  select e.entity, c.store_id, c.store_set from changed c cross join hq.entity e where e.direction = 'pull';
  return null;
end
$$;

CREATE FUNCTION hq_view.minor_digits(currency text) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
  select case
    when currency in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV',
      'XAF', 'XOF', 'XPF') then 0
    when currency in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 3
    when currency in ('CLF', 'UYW') then 4
    else 2
  end
$$;

CREATE FUNCTION hq_view.money(minor numeric, currency text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
  select case when minor < 0 then '-' else '' end
    || case currency
      when 'USD' then '$' when 'EUR' then '€' when 'GBP' then '£' when 'JPY' then '¥' when 'CAD' then 'CA$'
      when 'AUD' then 'A$' when 'NZD' then 'NZ$' when 'MXN' then 'MX$' when 'BRL' then 'R$' when 'CNY' then 'CN¥'
      when 'HKD' then 'HK$' when 'TWD' then 'NT$' when 'KRW' then '₩' when 'INR' then '₹' when 'ILS' then '₪'
      when 'PHP' then '₱' when 'VND' then '₫'
      else currency || chr(160)
    end
    || to_char(
      abs(minor) / power(10::numeric, hq_view.minor_digits(currency)),
      'FM999,999,999,999,999,999,999,999,990'
        || case hq_view.minor_digits(currency) when 0 then '' else '.' || repeat('0', hq_view.minor_digits(currency)) end)
$_$;

CREATE TABLE hq.activity (
    store_id text NOT NULL,
    business_date date NOT NULL,
    currency text NOT NULL,
    sales_count bigint DEFAULT 0 NOT NULL,
    gross_minor bigint DEFAULT 0 NOT NULL,
    tax_minor bigint DEFAULT 0 NOT NULL,
    discount_minor bigint DEFAULT 0 NOT NULL,
    void_count bigint DEFAULT 0 NOT NULL,
    void_minor bigint DEFAULT 0 NOT NULL,
    return_count bigint DEFAULT 0 NOT NULL,
    return_minor bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE hq.admin_token (
    token_id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    secret_hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    created_by text DEFAULT 'first start'::text NOT NULL,
    last_used_at timestamp with time zone,
    speaks_for_people boolean DEFAULT false NOT NULL,
    CONSTRAINT admin_token_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'operator'::text, 'admin'::text]))),
    CONSTRAINT admin_token_secret_hash_check CHECK ((octet_length(secret_hash) = 32))
);

CREATE TABLE hq.audit_log (
    audit_id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    store_id text,
    source text NOT NULL,
    detail jsonb NOT NULL,
    principal text
);

ALTER TABLE hq.audit_log ALTER COLUMN audit_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hq.audit_log_audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE hq.auth_failure (
    hour timestamp with time zone NOT NULL,
    source text NOT NULL,
    reason text NOT NULL,
    failures bigint NOT NULL,
    last_at timestamp with time zone NOT NULL
);

CREATE TABLE hq.business_clock (
    singleton boolean DEFAULT true NOT NULL,
    fixed_at timestamp with time zone NOT NULL,
    CONSTRAINT business_clock_singleton_check CHECK (singleton)
);

CREATE TABLE hq.collector (
    replica_id uuid NOT NULL,
    hostname text NOT NULL,
    version text NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    serving_since timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    renewed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    lease_until timestamp with time zone NOT NULL
);

CREATE TABLE hq.enrolment_code (
    code_id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id text NOT NULL,
    code_hash bytea NOT NULL,
    token_days integer,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    created_by text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    used_from text,
    token_id uuid,
    CONSTRAINT enrolment_code_code_hash_check CHECK ((octet_length(code_hash) = 32))
);

CREATE TABLE hq.entity (
    entity text NOT NULL,
    direction text NOT NULL,
    CONSTRAINT entity_direction_check CHECK ((direction = ANY (ARRAY['push'::text, 'pull'::text]))),
    CONSTRAINT entity_entity_check CHECK ((entity ~ '^[a-z][a-z0-9_]{0,62}$'::text))
);

CREATE TABLE hq.entity_head (
    entity text NOT NULL,
    head bigint DEFAULT 0 NOT NULL,
    forgotten bigint DEFAULT 0 NOT NULL
);

CREATE TABLE hq.error_episode (
    episode_id bigint NOT NULL,
    store_id text NOT NULL,
    entity text NOT NULL,
    direction text NOT NULL,
    kind text NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    failures bigint NOT NULL,
    resolved_at timestamp with time zone,
    acknowledged_at timestamp with time zone,
    acknowledged_by text,
    acknowledged_note text,
    assigned_to text,
    assigned_by text,
    assigned_at timestamp with time zone
)
WITH (fillfactor='80');

ALTER TABLE hq.error_episode ALTER COLUMN episode_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hq.error_episode_episode_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE hq.headquarters (
    singleton boolean DEFAULT true NOT NULL,
    epoch uuid DEFAULT gen_random_uuid() NOT NULL,
    heartbeat_window_ms integer DEFAULT 75000 NOT NULL,
    restart_grace_ms integer DEFAULT 60000 NOT NULL,
    CONSTRAINT headquarters_singleton_check CHECK (singleton)
);

CREATE TABLE hq.holiday (
    holiday_id uuid DEFAULT gen_random_uuid() NOT NULL,
    day date NOT NULL,
    name text NOT NULL,
    store_id text,
    region text,
    hours jsonb DEFAULT '[]'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    created_by text NOT NULL,
    CONSTRAINT holiday_check CHECK (((store_id IS NULL) OR (region IS NULL)))
);

CREATE TABLE hq.hq_pointer (
    pointer_id bigint NOT NULL,
    entity text NOT NULL,
    record_id text NOT NULL,
    store_set text NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    "position" bigint
);

ALTER TABLE hq.hq_pointer ALTER COLUMN pointer_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hq.hq_pointer_pointer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE hq.hq_record (
    entity text NOT NULL,
    record_id text NOT NULL,
    store_set text DEFAULT 'all'::text NOT NULL,
    deleted boolean DEFAULT false NOT NULL,
    data jsonb,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    "position" bigint,
    bytes integer NOT NULL,
    line text NOT NULL,
    CONSTRAINT hq_record_check CHECK ((deleted OR (data IS NOT NULL)))
);

CREATE TABLE hq.idempotency_key (
    actor text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    answer json,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE hq.maintenance_window (
    window_id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id text,
    region text,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    created_by text NOT NULL,
    ended_at timestamp with time zone,
    ended_by text,
    CONSTRAINT maintenance_window_check CHECK (((store_id IS NULL) OR (region IS NULL))),
    CONSTRAINT maintenance_window_check1 CHECK ((ends_at > starts_at))
);

CREATE TABLE hq.page_session (
    secret_hash bytea NOT NULL,
    token_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT page_session_secret_hash_check CHECK ((octet_length(secret_hash) = 32))
);

CREATE TABLE hq.publication (
    entity text NOT NULL,
    head bigint NOT NULL,
    nonce integer DEFAULT (floor((random() * (2147483647)::double precision)))::integer NOT NULL,
    published_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE hq.pushed_record (
    store_id text NOT NULL,
    entity text NOT NULL,
    record_id text NOT NULL,
    revision integer NOT NULL,
    business_date date,
    occurred_at timestamp with time zone,
    kind text,
    status text,
    currency text,
    gross_minor bigint,
    discount_minor bigint,
    tax_minor bigint,
    schema_version integer NOT NULL,
    received_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    data jsonb NOT NULL
);

CREATE TABLE hq.pushed_revision (
    store_id text NOT NULL,
    entity text NOT NULL,
    record_id text NOT NULL,
    revision integer NOT NULL,
    schema_version integer NOT NULL,
    received_at timestamp with time zone NOT NULL,
    data jsonb NOT NULL
);

CREATE TABLE hq.quarantined_record (
    quarantine_id bigint NOT NULL,
    store_id text NOT NULL,
    entity text NOT NULL,
    record_id text,
    revision integer,
    code text NOT NULL,
    message text NOT NULL,
    schema_version integer NOT NULL,
    content bytea NOT NULL,
    content_hash bytea NOT NULL,
    received_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    times integer DEFAULT 1 NOT NULL,
    state text DEFAULT 'held'::text NOT NULL,
    resolved_at timestamp with time zone,
    resolved_by text,
    note text,
    CONSTRAINT quarantined_record_state_check CHECK ((state = ANY (ARRAY['held'::text, 'replayed'::text, 'discarded'::text])))
);

ALTER TABLE hq.quarantined_record ALTER COLUMN quarantine_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hq.quarantined_record_quarantine_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE hq.resync_entity (
    job_id uuid NOT NULL,
    entity text NOT NULL,
    scan_end bigint NOT NULL,
    records_total bigint NOT NULL,
    begun boolean DEFAULT false NOT NULL,
    records_confirmed bigint DEFAULT 0 NOT NULL,
    done boolean DEFAULT false NOT NULL,
    progressed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE hq.resync_job (
    job_id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id text NOT NULL,
    entities text[] NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    message text,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    created_by text NOT NULL,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    rollout_id uuid,
    CONSTRAINT resync_job_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'cancelled'::text, 'failed'::text])))
);

CREATE TABLE hq.resync_rollout (
    rollout_id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id text,
    region text,
    entities text[] NOT NULL,
    max_running integer NOT NULL,
    state text DEFAULT 'running'::text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    created_by text NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT resync_rollout_check CHECK (((store_id IS NULL) OR (region IS NULL))),
    CONSTRAINT resync_rollout_max_running_check CHECK ((max_running > 0)),
    CONSTRAINT resync_rollout_state_check CHECK ((state = ANY (ARRAY['running'::text, 'paused'::text, 'done'::text, 'cancelled'::text])))
);

CREATE TABLE hq.set_publication (
    entity text NOT NULL,
    store_set text NOT NULL,
    head bigint NOT NULL,
    changes bigint NOT NULL,
    published_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE hq.store_command (
    command_id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id text NOT NULL,
    command text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    created_by text NOT NULL,
    done_at timestamp with time zone,
    outcome text,
    message text,
    entities text[],
    job_id uuid,
    options jsonb
);

CREATE TABLE hq.store_connection (
    store_id text NOT NULL,
    connection_id uuid,
    replica_id uuid,
    connected_at timestamp with time zone,
    disconnected_at timestamp with time zone,
    disconnect_reason text,
    connects_total bigint DEFAULT 0 NOT NULL,
    instance_id uuid,
    previous_instance_id uuid,
    duplicate_server_at timestamp with time zone,
    agent_version text,
    schema_version integer,
    schema_compatible boolean,
    clock_skew_ms bigint,
    last_heartbeat_at timestamp with time zone,
    last_sale_at timestamp with time zone,
    pending_records bigint DEFAULT 0 NOT NULL,
    oldest_pending_at timestamp with time zone,
    withheld_records bigint DEFAULT 0 NOT NULL,
    disk_used_bytes bigint,
    disk_limit_bytes bigint,
    open_registers jsonb DEFAULT '[]'::jsonb NOT NULL,
    queues jsonb DEFAULT '[]'::jsonb NOT NULL,
    days jsonb DEFAULT '[]'::jsonb NOT NULL,
    token_id uuid
)
WITH (fillfactor='60');

CREATE TABLE hq.store_disconnect_total (
    store_id text NOT NULL,
    reason text NOT NULL,
    total bigint NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE hq.store_entity (
    store_id text NOT NULL,
    entity text NOT NULL,
    direction text NOT NULL,
    last_success_at timestamp with time zone,
    records_total bigint DEFAULT 0 NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    empty_checks_total bigint DEFAULT 0 NOT NULL,
    receipts bigint DEFAULT 0 NOT NULL,
    CONSTRAINT store_entity_direction_check CHECK ((direction = ANY (ARRAY['push'::text, 'pull'::text])))
)
WITH (fillfactor='70');

CREATE TABLE hq.store_error_total (
    store_id text NOT NULL,
    kind text NOT NULL,
    total bigint NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE hq.store_pull (
    store_id text NOT NULL,
    entity text NOT NULL,
    confirmed_position bigint DEFAULT 0 NOT NULL,
    scan_end bigint,
    page_id uuid,
    page_position bigint,
    page_scan_end bigint,
    page_records integer,
    page_bytes bigint,
    page_sent_at timestamp with time zone,
    page_failed boolean DEFAULT false NOT NULL,
    scanned_records bigint DEFAULT 0 NOT NULL,
    scan_started_at timestamp with time zone,
    asked_at timestamp with time zone,
    displaced_pages jsonb DEFAULT '[]'::jsonb NOT NULL
)
WITH (fillfactor='70');

CREATE TABLE hq.store_report (
    store_id text NOT NULL,
    report_id uuid NOT NULL,
    received_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE hq.store_set (
    store_set text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE hq.store_set_change (
    change_id bigint NOT NULL,
    entity text NOT NULL,
    store_id text NOT NULL,
    store_set text NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    "position" bigint
);

ALTER TABLE hq.store_set_change ALTER COLUMN change_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hq.store_set_change_change_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE hq.store_set_member (
    store_set text NOT NULL,
    store_id text NOT NULL,
    CONSTRAINT store_set_member_store_set_check CHECK ((store_set <> 'all'::text))
);

CREATE TABLE hq.store_token (
    token_id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id text NOT NULL,
    secret_hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    created_by text NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    superseded_at timestamp with time zone,
    first_used_at timestamp with time zone,
    last_used_at timestamp with time zone,
    pending_until timestamp with time zone,
    grace interval,
    CONSTRAINT store_token_pending_check CHECK (((pending_until IS NULL) = (grace IS NULL))),
    CONSTRAINT store_token_secret_hash_check CHECK ((octet_length(secret_hash) = 32))
);

CREATE TABLE hq.sync_error (
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    store_id text NOT NULL,
    entity text,
    direction text,
    kind text,
    code text NOT NULL,
    message text NOT NULL,
    source text NOT NULL,
    batch_id text,
    times integer DEFAULT 1 NOT NULL,
    CONSTRAINT sync_error_source_check CHECK ((source = ANY (ARRAY['http'::text, 'socket'::text, 'store'::text])))
)
PARTITION BY RANGE (at);

CREATE TABLE hq.sync_error_default (
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    store_id text NOT NULL,
    entity text,
    direction text,
    kind text,
    code text NOT NULL,
    message text NOT NULL,
    source text NOT NULL,
    batch_id text,
    times integer DEFAULT 1 NOT NULL,
    CONSTRAINT sync_error_source_check CHECK ((source = ANY (ARRAY['http'::text, 'socket'::text, 'store'::text])))
);

CREATE TABLE hq.sync_log (
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    store_id text NOT NULL,
    entity text NOT NULL,
    direction text NOT NULL,
    batch_id text,
    succeeded boolean NOT NULL,
    kind text,
    code text,
    records integer DEFAULT 0 NOT NULL,
    accepted integer DEFAULT 0 NOT NULL,
    duplicate integer DEFAULT 0 NOT NULL,
    replaced integer DEFAULT 0 NOT NULL,
    quarantined integer DEFAULT 0 NOT NULL,
    bytes bigint DEFAULT 0 NOT NULL,
    duration_ms integer,
    schema_version integer,
    operations integer DEFAULT 1 NOT NULL
)
PARTITION BY RANGE (at);

CREATE TABLE hq.sync_log_default (
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    store_id text NOT NULL,
    entity text NOT NULL,
    direction text NOT NULL,
    batch_id text,
    succeeded boolean NOT NULL,
    kind text,
    code text,
    records integer DEFAULT 0 NOT NULL,
    accepted integer DEFAULT 0 NOT NULL,
    duplicate integer DEFAULT 0 NOT NULL,
    replaced integer DEFAULT 0 NOT NULL,
    quarantined integer DEFAULT 0 NOT NULL,
    bytes bigint DEFAULT 0 NOT NULL,
    duration_ms integer,
    schema_version integer,
    operations integer DEFAULT 1 NOT NULL
);

CREATE UNLOGGED TABLE hq.upload_line (
    upload_id uuid NOT NULL,
    line integer NOT NULL,
    record_id text NOT NULL,
    store_set text,
    deleted boolean NOT NULL,
    data jsonb,
    received_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE VIEW hq_view.activity AS
 SELECT a.store_id,
    a.business_date,
    a.currency,
    a.sales_count,
    a.gross_minor,
    a.tax_minor,
    a.discount_minor,
    a.void_count,
    a.void_minor,
    a.return_count,
    a.return_minor,
    s.name AS store_name,
    (a.business_date = hq.business_date(hq.hq_now(), s.timezone, s.day_cutover)) AS today
   FROM (hq.activity a
     JOIN hq.store s USING (store_id));

CREATE VIEW hq_view.day_totals AS
 SELECT c.store_id,
    ((d.value ->> 'businessDate'::text))::date AS business_date,
    (d.value ->> 'currency'::text) AS currency,
    ((d.value ->> 'salesCount'::text))::bigint AS claimed_sales_count,
    COALESCE(a.sales_count, (0)::bigint) AS held_sales_count,
    ((d.value ->> 'grossMinor'::text))::bigint AS claimed_gross_minor,
    COALESCE(a.gross_minor, (0)::bigint) AS held_gross_minor,
    (((d.value ->> 'grossMinor'::text))::bigint - COALESCE(a.gross_minor, (0)::bigint)) AS difference_minor,
    c.last_heartbeat_at AS claims_as_of
   FROM (((hq.store_connection c
     JOIN hq.store s ON (((s.store_id = c.store_id) AND (s.archived_at IS NULL))))
     CROSS JOIN LATERAL jsonb_array_elements(c.days) d(value))
     LEFT JOIN hq.activity a ON (((a.store_id = c.store_id) AND (a.business_date = ((d.value ->> 'businessDate'::text))::date) AND (a.currency = (d.value ->> 'currency'::text)))));

CREATE VIEW hq_view.error_episodes AS
 SELECT error_episode.episode_id,
    error_episode.store_id,
    NULLIF(error_episode.entity, ''::text) AS entity,
    NULLIF(error_episode.direction, ''::text) AS direction,
    error_episode.kind,
    error_episode.code,
    error_episode.message,
    error_episode.opened_at,
    error_episode.last_at,
    error_episode.failures,
    (error_episode.resolved_at IS NULL) AS open,
    error_episode.resolved_at,
    error_episode.acknowledged_at,
    error_episode.acknowledged_by,
    error_episode.acknowledged_note,
    error_episode.assigned_to,
    error_episode.assigned_by,
    error_episode.assigned_at
   FROM hq.error_episode;

CREATE VIEW hq_view.headquarters AS
 SELECT clock_timestamp() AS data_as_of,
    hq.hq_now() AS business_now,
    h.epoch,
    c.collectors,
    c.serving_since,
    (c.serving_since + ((h.restart_grace_ms)::double precision * '00:00:00.001'::interval)) AS grace_until,
    h.heartbeat_window_ms
   FROM hq.headquarters h,
    LATERAL ( SELECT (count(*))::integer AS collectors,
            min(collector.serving_since) AS serving_since
           FROM hq.collector
          WHERE (collector.lease_until > clock_timestamp())) c;

CREATE VIEW hq_view.holidays AS
 SELECT holiday.holiday_id,
    holiday.day,
    holiday.name,
    holiday.store_id,
    holiday.region,
    holiday.hours,
    holiday.created_at,
    holiday.created_by
   FROM hq.holiday;

CREATE VIEW hq_view.hq_records AS
 SELECT hq_record.entity,
    hq_record.record_id,
    hq_record.store_set,
    hq_record.deleted,
    hq_record.data,
    hq_record.changed_at,
    hq_record."position"
   FROM hq.hq_record;

CREATE VIEW hq_view.maintenance_windows AS
 SELECT w.window_id,
    w.store_id,
    w.region,
    w.starts_at,
    COALESCE(w.ended_at, w.ends_at) AS ends_at,
    w.reason,
    w.created_at,
    w.created_by,
    w.ended_by,
    ((w.starts_at <= hq.hq_now()) AND (COALESCE(w.ended_at, w.ends_at) > hq.hq_now())) AS active
   FROM hq.maintenance_window w;

CREATE VIEW hq_view.open_registers AS
 SELECT c.store_id,
    (r.value ->> 'terminalId'::text) AS terminal_id,
    ((r.value ->> 'openedAt'::text))::timestamp with time zone AS opened_at,
    (r.value ->> 'cashierId'::text) AS cashier_id,
    c.last_heartbeat_at AS claims_as_of
   FROM ((hq.store_connection c
     JOIN hq.store s ON (((s.store_id = c.store_id) AND (s.archived_at IS NULL))))
     CROSS JOIN LATERAL jsonb_array_elements(c.open_registers) r(value));

CREATE VIEW hq_view.pull_backlog AS
 SELECT p.store_id,
    p.entity,
    w.pending_changes,
        CASE
            WHEN (p.scan_end IS NOT NULL) THEN p.scan_started_at
            ELSE w.pending_since
        END AS pending_since
   FROM ((hq.store_pull p
     JOIN hq.entity_head h ON (((h.entity = p.entity) AND (h.head > p.confirmed_position))))
     CROSS JOIN LATERAL ( SELECT ((COALESCE(sum((newest.changes - COALESCE(confirmed.changes, (0)::bigint))), (0)::numeric))::bigint + joined.changes) AS pending_changes,
            LEAST(min(oldest.published_at), joined.since) AS pending_since
           FROM ((((( SELECT 'all'::text AS store_set
                UNION ALL
                 SELECT m.store_set
                   FROM hq.store_set_member m
                  WHERE (m.store_id = p.store_id)) s
             CROSS JOIN ( SELECT count(*) AS changes,
                    min(c.changed_at) AS since
                   FROM hq.store_set_change c
                  WHERE ((c.store_id = p.store_id) AND (c.entity = p.entity) AND (c."position" > p.confirmed_position) AND hq.set_has_records(c.entity, c.store_set))) joined)
             LEFT JOIN LATERAL ( SELECT n.changes
                   FROM hq.set_publication n
                  WHERE ((n.entity = p.entity) AND (n.store_set = s.store_set))
                  ORDER BY n.head DESC
                 LIMIT 1) newest ON (true))
             LEFT JOIN LATERAL ( SELECT n.changes
                   FROM hq.set_publication n
                  WHERE ((n.entity = p.entity) AND (n.store_set = s.store_set) AND (n.head <= p.confirmed_position))
                  ORDER BY n.head DESC
                 LIMIT 1) confirmed ON (true))
             LEFT JOIN LATERAL ( SELECT n.published_at
                   FROM hq.set_publication n
                  WHERE ((n.entity = p.entity) AND (n.store_set = s.store_set) AND (n.head > p.confirmed_position))
                  ORDER BY n.head
                 LIMIT 1) oldest ON (true))
          GROUP BY joined.changes, joined.since) w)
  WHERE (w.pending_changes > 0);

CREATE VIEW hq_view.pushed_records AS
 SELECT pushed_record.store_id,
    pushed_record.entity,
    pushed_record.record_id,
    pushed_record.revision,
    pushed_record.business_date,
    pushed_record.occurred_at,
    pushed_record.kind,
    pushed_record.status,
    pushed_record.currency,
    pushed_record.gross_minor,
    pushed_record.discount_minor,
    pushed_record.tax_minor,
    pushed_record.schema_version,
    pushed_record.received_at,
    pushed_record.data
   FROM hq.pushed_record;

CREATE VIEW hq_view.pushed_revisions AS
 SELECT pushed_revision.store_id,
    pushed_revision.entity,
    pushed_revision.record_id,
    pushed_revision.revision,
    pushed_revision.schema_version,
    pushed_revision.received_at,
    pushed_revision.data
   FROM hq.pushed_revision;

CREATE VIEW hq_view.quarantined_records AS
 SELECT quarantined_record.quarantine_id,
    quarantined_record.store_id,
    quarantined_record.entity,
    quarantined_record.record_id,
    quarantined_record.revision,
    quarantined_record.code,
    quarantined_record.message,
    quarantined_record.schema_version,
    quarantined_record.content,
    quarantined_record.received_at,
    quarantined_record.times,
    quarantined_record.state,
    quarantined_record.resolved_at,
    quarantined_record.resolved_by,
    quarantined_record.note
   FROM hq.quarantined_record;

CREATE VIEW hq_view.resync_jobs AS
 SELECT j.job_id,
    j.store_id,
    j.entities,
    j.state,
    j.message,
    j.created_at,
    j.created_by,
    j.started_at,
    j.ended_at,
    e.records_total,
    e.records_confirmed,
    (
        CASE
            WHEN (j.state = 'done'::text) THEN (100)::numeric
            WHEN (e.records_total > 0) THEN floor(((100.0 * (e.records_confirmed)::numeric) / (e.records_total)::numeric))
            ELSE (0)::numeric
        END)::integer AS percent,
    e.progressed_at,
    j.rollout_id
   FROM (hq.resync_job j
     CROSS JOIN LATERAL ( SELECT (COALESCE(sum(resync_entity.records_total), (0)::numeric))::bigint AS records_total,
            (COALESCE(sum(resync_entity.records_confirmed), (0)::numeric))::bigint AS records_confirmed,
            max(resync_entity.progressed_at) AS progressed_at
           FROM hq.resync_entity
          WHERE (resync_entity.job_id = j.job_id)) e);

CREATE VIEW hq_view.resync_rollouts AS
 SELECT r.rollout_id,
    r.store_id,
    r.region,
    r.entities,
    r.max_running,
    r.state,
    r.created_at,
    r.created_by,
    r.ended_at,
    j.stores,
    j.queued,
    j.running,
    j.done,
    j.cancelled,
    j.failed,
    (
        CASE
            WHEN (j.stores = 0) THEN (100)::numeric
            ELSE floor(((100.0 * (((j.done + j.cancelled) + j.failed))::numeric) / (j.stores)::numeric))
        END)::integer AS percent
   FROM (hq.resync_rollout r
     CROSS JOIN LATERAL ( SELECT count(*) AS stores,
            count(*) FILTER (WHERE (resync_job.state = 'queued'::text)) AS queued,
            count(*) FILTER (WHERE (resync_job.state = 'running'::text)) AS running,
            count(*) FILTER (WHERE (resync_job.state = 'done'::text)) AS done,
            count(*) FILTER (WHERE (resync_job.state = 'cancelled'::text)) AS cancelled,
            count(*) FILTER (WHERE (resync_job.state = 'failed'::text)) AS failed
           FROM hq.resync_job
          WHERE (resync_job.rollout_id = r.rollout_id)) j);

CREATE VIEW hq_view.store_status AS
 SELECT s.store_id,
    r.rule[1] AS status,
    r.rule[2] AS reason,
        CASE
            WHEN (r.rule[1] = 'connected'::text) THEN c.connected_at
            WHEN (r.rule[2] = 'heartbeat lost'::text) THEN (c.last_heartbeat_at + ((h.heartbeat_window_ms)::double precision * '00:00:00.001'::interval))
            WHEN (r.rule[1] = 'disconnected'::text) THEN COALESCE(l.lease_until, c.disconnected_at)
            ELSE NULL::timestamp with time zone
        END AS since,
    h.data_as_of
   FROM ((((hq.store s
     CROSS JOIN hq_view.headquarters h)
     LEFT JOIN hq.store_connection c USING (store_id))
     LEFT JOIN hq.collector l ON ((l.replica_id = c.replica_id)))
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN (c.store_id IS NULL) THEN ARRAY['no_server'::text, 'no store server'::text]
                    WHEN (c.connects_total = 0) THEN ARRAY['never_connected'::text, 'never connected'::text]
                    WHEN (h.collectors = 0) THEN ARRAY['unknown'::text, 'no collector'::text]
                    WHEN ((c.connection_id IS NOT NULL) AND (l.lease_until > h.data_as_of)) THEN
                    CASE
                        WHEN (c.last_heartbeat_at < (h.data_as_of - ((h.heartbeat_window_ms)::double precision * '00:00:00.001'::interval))) THEN ARRAY['disconnected'::text, 'heartbeat lost'::text]
                        WHEN (c.duplicate_server_at > (h.data_as_of - '00:10:00'::interval)) THEN ARRAY['connected'::text, 'duplicate store server'::text]
                        ELSE ARRAY['connected'::text, NULL::text]
                    END
                    WHEN ((c.connection_id IS NOT NULL) AND (h.serving_since <= l.renewed_at)) THEN ARRAY['disconnected'::text, 'collector lost'::text]
                    WHEN ((h.data_as_of < h.grace_until) AND ((c.connection_id IS NOT NULL) OR (c.disconnected_at < h.serving_since))) THEN ARRAY['unknown'::text, 'HQ restarted'::text]
                    WHEN ((c.connection_id IS NULL) AND (c.disconnect_reason = 'HQ shutting down'::text) AND (h.data_as_of < (c.disconnected_at + (h.grace_until - h.serving_since)))) THEN ARRAY['unknown'::text, 'collector restarted'::text]
                    WHEN (c.connection_id IS NOT NULL) THEN ARRAY['disconnected'::text, 'collector lost'::text]
                    ELSE ARRAY['disconnected'::text, COALESCE(c.disconnect_reason, 'unknown'::text)]
                END AS rule) r)
  WHERE (s.archived_at IS NULL);

CREATE VIEW hq_view.stores AS
 SELECT s.store_id,
    s.name,
    s.region,
    s.timezone,
    s.currency,
    st.status,
    st.reason,
    st.since AS status_since,
    hq.expected_online(s.*, ( SELECT hq.hq_now() AS hq_now)) AS expected_online,
    ((st.status = 'connected'::text) AND COALESCE((LEAST(c.oldest_pending_at, b.pending_since) >= (st.data_as_of - '00:05:00'::interval)), true)) AS synced,
    c.last_heartbeat_at,
    e.last_sync_at,
    COALESCE(e.records_pushed, (0)::numeric) AS records_pushed,
    COALESCE(e.records_pulled, (0)::numeric) AS records_pulled,
    COALESCE(x.errors_open, (0)::numeric) AS errors_open,
    COALESCE(q.quarantined, (0)::bigint) AS quarantined_records,
    c.pending_records,
    c.oldest_pending_at,
    c.withheld_records,
    c.disk_used_bytes,
    c.disk_limit_bytes,
    c.clock_skew_ms,
    c.instance_id,
    c.agent_version,
    c.schema_version,
    c.schema_compatible,
    c.last_sale_at,
    jsonb_array_length(c.open_registers) AS open_registers,
    d.business_date,
    COALESCE(a.sales_count, (0)::bigint) AS sales_count,
    COALESCE(a.gross_minor, (0)::bigint) AS gross_minor,
    COALESCE(a.tax_minor, (0)::bigint) AS tax_minor,
    COALESCE(a.discount_minor, (0)::bigint) AS discount_minor,
    COALESCE(a.void_count, (0)::bigint) AS void_count,
    COALESCE(a.void_minor, (0)::bigint) AS void_minor,
    COALESCE(a.return_count, (0)::bigint) AS return_count,
    COALESCE(a.return_minor, (0)::bigint) AS return_minor,
    st.data_as_of,
    COALESCE(b.pending_changes, (0)::bigint) AS pull_pending_changes,
    b.pending_since AS pull_pending_since,
    hq.in_maintenance(s.*, ( SELECT hq.hq_now() AS hq_now)) AS in_maintenance
   FROM ((((((((hq.store s
     JOIN hq_view.store_status st USING (store_id))
     CROSS JOIN LATERAL ( SELECT hq.business_date(( SELECT hq.hq_now() AS hq_now), s.timezone, s.day_cutover) AS business_date) d)
     LEFT JOIN hq.store_connection c USING (store_id))
     LEFT JOIN ( SELECT store_entity.store_id,
            max(store_entity.last_success_at) AS last_sync_at,
            sum(store_entity.records_total) FILTER (WHERE (store_entity.direction = 'push'::text)) AS records_pushed,
            sum(store_entity.records_total) FILTER (WHERE (store_entity.direction = 'pull'::text)) AS records_pulled
           FROM hq.store_entity
          GROUP BY store_entity.store_id) e USING (store_id))
     LEFT JOIN ( SELECT error_episode.store_id,
            sum(error_episode.failures) AS errors_open
           FROM hq.error_episode
          WHERE (error_episode.resolved_at IS NULL)
          GROUP BY error_episode.store_id) x USING (store_id))
     LEFT JOIN ( SELECT quarantined_record.store_id,
            count(*) AS quarantined
           FROM hq.quarantined_record
          WHERE (quarantined_record.state = 'held'::text)
          GROUP BY quarantined_record.store_id) q USING (store_id))
     LEFT JOIN ( SELECT pull_backlog.store_id,
            (sum(pull_backlog.pending_changes))::bigint AS pending_changes,
            min(pull_backlog.pending_since) AS pending_since
           FROM hq_view.pull_backlog
          GROUP BY pull_backlog.store_id) b USING (store_id))
     LEFT JOIN hq.activity a ON (((a.store_id = s.store_id) AND (a.business_date = d.business_date) AND (a.currency = s.currency))));

CREATE VIEW hq_view.store_board AS
 SELECT s.store_id,
    s.name,
    s.region,
    s.timezone,
    s.currency,
    s.status,
    COALESCE(a.attention, s.reason) AS reason,
    s.status_since,
    o.expected_online,
    s.synced,
    w.stale,
        CASE
            WHEN ((s.status = 'disconnected'::text) AND (NOT o.expected_online)) THEN 2
            WHEN (s.reason = ANY (ARRAY['heartbeat lost'::text, 'collector lost'::text])) THEN 1
            WHEN (s.status = 'disconnected'::text) THEN 0
            WHEN (s.status = 'unknown'::text) THEN 3
            WHEN (s.status = 'never_connected'::text) THEN 7
            WHEN (s.status = 'no_server'::text) THEN 9
            WHEN a.failing THEN 4
            WHEN (a.attention IS NOT NULL) THEN 5
            WHEN (s.reason IS NOT NULL) THEN 6
            ELSE 8
        END AS severity,
    s.last_sync_at,
    s.pending_records,
    s.pull_pending_changes,
    s.errors_open,
    s.quarantined_records,
    s.business_date,
    s.sales_count,
    s.gross_minor,
    s.tax_minor,
    s.discount_minor,
    s.void_count,
    s.void_minor,
    s.open_registers,
    s.last_sale_at,
    s.agent_version,
    s.schema_version,
    s.data_as_of
   FROM (((hq_view.stores s
     CROSS JOIN LATERAL ( SELECT s.expected_online
         OFFSET 0) o)
     CROSS JOIN LATERAL ( SELECT ((s.status = 'connected'::text) AND COALESCE((GREATEST(s.last_sync_at, s.status_since) < (s.data_as_of - '00:10:00'::interval)), false)) AS stale) w)
     CROSS JOIN LATERAL ( SELECT ((s.schema_compatible IS FALSE) OR (s.quarantined_records > 0) OR (s.errors_open > (0)::numeric) OR (s.withheld_records > 0)) AS failing,
                CASE
                    WHEN (s.status <> 'connected'::text) THEN NULL::text
                    WHEN (s.schema_compatible IS FALSE) THEN (('schema '::text || s.schema_version) || ' refused'::text)
                    WHEN (s.quarantined_records > 0) THEN (s.quarantined_records || ' quarantined'::text)
                    WHEN (s.errors_open > (0)::numeric) THEN 'sync errors'::text
                    WHEN (s.withheld_records > 0) THEN (s.withheld_records || ' too large to send'::text)
                    WHEN ((NOT s.synced) AND (s.oldest_pending_at < (s.data_as_of - '00:05:00'::interval))) THEN 'queue is behind'::text
                    WHEN (NOT s.synced) THEN 'pulls are behind'::text
                    WHEN w.stale THEN 'no sync for 10 min'::text
                    ELSE NULL::text
                END AS attention) a);

CREATE VIEW hq_view.store_entities AS
 SELECT c.store_id,
    e.entity,
    e.direction,
    s.last_success_at,
    COALESCE(s.records_total, (0)::bigint) AS records_total,
    COALESCE(((w.q ->> 'pendingRecords'::text))::bigint, (0)::bigint) AS pending_records,
    ((w.q ->> 'oldestPendingAt'::text))::timestamp with time zone AS oldest_pending_at,
    COALESCE(((w.q ->> 'attempt'::text))::integer, 0) AS attempt,
    ((w.q ->> 'nextTryAt'::text))::timestamp with time zone AS next_try_at,
    c.last_heartbeat_at AS claims_as_of
   FROM ((((hq.store_connection c
     JOIN hq.store st ON (((st.store_id = c.store_id) AND (st.archived_at IS NULL))))
     CROSS JOIN hq.entity e)
     LEFT JOIN hq.store_entity s ON (((s.store_id = c.store_id) AND (s.entity = e.entity) AND (s.direction = e.direction))))
     LEFT JOIN LATERAL ( SELECT q.value AS q
           FROM jsonb_array_elements(c.queues) q(value)
          WHERE (((q.value ->> 'entity'::text) = e.entity) AND ((q.value ->> 'direction'::text) = e.direction))
         LIMIT 1) w ON (true));

CREATE VIEW hq_view.store_events AS
 SELECT audit_log.at,
    audit_log.store_id,
    audit_log.action AS event,
    audit_log.actor,
    NULL::text AS detail
   FROM hq.audit_log
  WHERE ((audit_log.store_id IS NOT NULL) AND (audit_log.action <> 'resync.force'::text))
UNION ALL
 SELECT resync_job.created_at AS at,
    resync_job.store_id,
    'resync.force'::text AS event,
    resync_job.created_by AS actor,
    array_to_string(resync_job.entities, ', '::text) AS detail
   FROM hq.resync_job
UNION ALL
 SELECT resync_job.started_at AS at,
    resync_job.store_id,
    'resync.started'::text AS event,
    NULL::text AS actor,
    array_to_string(resync_job.entities, ', '::text) AS detail
   FROM hq.resync_job
  WHERE (resync_job.started_at IS NOT NULL)
UNION ALL
 SELECT resync_job.ended_at AS at,
    resync_job.store_id,
    ('resync.'::text || resync_job.state) AS event,
    NULL::text AS actor,
    resync_job.message AS detail
   FROM hq.resync_job
  WHERE (resync_job.ended_at IS NOT NULL);

CREATE VIEW hq_view.store_pulls AS
 SELECT c.store_id,
    e.entity,
    COALESCE(h.head, (0)::bigint) AS head,
    COALESCE(p.confirmed_position, (0)::bigint) AS confirmed_position,
    p.scan_end,
    (p.page_id IS NOT NULL) AS page_unconfirmed,
    p.page_sent_at
   FROM ((((hq.store_connection c
     JOIN hq.store s ON (((s.store_id = c.store_id) AND (s.archived_at IS NULL))))
     JOIN hq.entity e ON ((e.direction = 'pull'::text)))
     LEFT JOIN hq.entity_head h ON ((h.entity = e.entity)))
     LEFT JOIN hq.store_pull p ON (((p.store_id = c.store_id) AND (p.entity = e.entity))));

CREATE VIEW hq_view.store_registry AS
 SELECT s.store_id,
    s.name,
    s.region,
    s.timezone,
    s.currency,
    (c.store_id IS NOT NULL) AS has_server,
    c.agent_version,
    c.schema_version
   FROM (hq.store s
     LEFT JOIN hq.store_connection c USING (store_id))
  WHERE (s.archived_at IS NULL);

CREATE VIEW hq_view.store_tokens AS
 SELECT s.token_id,
    s.store_id,
    s.state,
    s.created_at,
    s.created_by,
    s.expires_at,
    s.revoked_at,
    s.superseded_at,
    s.first_used_at,
    s.last_used_at,
    s.pending_until,
    s.in_use,
    s.newest,
    ((s.state = 'active'::text) AND (row_number() OVER (PARTITION BY s.store_id ORDER BY (s.state = 'active'::text) DESC, s.last_used_at DESC NULLS LAST, s.expires_at DESC, s.created_at DESC) = 1)) AS current
   FROM ( SELECT t.token_id,
            t.store_id,
                CASE
                    WHEN (t.revoked_at IS NOT NULL) THEN 'revoked'::text
                    WHEN (t.expires_at <= clock_timestamp()) THEN 'expired'::text
                    WHEN (t.superseded_at <= clock_timestamp()) THEN 'superseded'::text
                    WHEN (t.pending_until <= clock_timestamp()) THEN 'lapsed'::text
                    WHEN (t.pending_until IS NOT NULL) THEN 'pending'::text
                    ELSE 'active'::text
                END AS state,
            t.created_at,
            t.created_by,
            t.expires_at,
            t.revoked_at,
            t.superseded_at,
            t.first_used_at,
            t.last_used_at,
            t.pending_until,
            COALESCE((c.token_id = t.token_id), false) AS in_use,
            (row_number() OVER (PARTITION BY t.store_id ORDER BY (t.pending_until IS NOT NULL), t.created_at DESC) = 1) AS newest
           FROM (hq.store_token t
             LEFT JOIN hq.store_connection c USING (store_id))) s;

CREATE VIEW hq_view.sync_errors AS
 SELECT sync_error.at,
    sync_error.store_id,
    sync_error.entity,
    sync_error.direction,
    sync_error.kind,
    sync_error.code,
    sync_error.message,
    sync_error.source,
    sync_error.batch_id,
    sync_error.times
   FROM hq.sync_error;

CREATE VIEW hq_view.sync_log AS
 SELECT sync_log.at,
    sync_log.store_id,
    sync_log.entity,
    sync_log.direction,
    sync_log.batch_id,
    sync_log.succeeded,
    sync_log.kind,
    sync_log.code,
    sync_log.records,
    sync_log.accepted,
    sync_log.duplicate,
    sync_log.replaced,
    sync_log.quarantined,
    sync_log.bytes,
    sync_log.duration_ms,
    sync_log.schema_version,
    sync_log.operations
   FROM hq.sync_log;

CREATE VIEW hq_view.trade_today AS
 SELECT s.store_id,
    s.name,
    s.region,
    a.business_date,
    a.currency,
    a.sales_count,
    a.gross_minor,
    a.tax_minor,
    a.discount_minor,
    a.void_count,
    a.void_minor,
    a.return_count,
    a.return_minor
   FROM (((( SELECT headquarters.business_now
           FROM hq_view.headquarters
         OFFSET 0) h
     CROSS JOIN hq.store s)
     CROSS JOIN LATERAL ( SELECT hq.business_date(h.business_now, s.timezone, s.day_cutover) AS business_date
         OFFSET 0) d)
     JOIN hq.activity a ON (((a.store_id = s.store_id) AND (a.business_date = d.business_date))))
  WHERE (s.archived_at IS NULL);

ALTER TABLE ONLY hq.sync_error ATTACH PARTITION hq.sync_error_default DEFAULT;

ALTER TABLE ONLY hq.sync_log ATTACH PARTITION hq.sync_log_default DEFAULT;

ALTER TABLE ONLY hq.activity
    ADD CONSTRAINT activity_pkey PRIMARY KEY (store_id, business_date, currency);

ALTER TABLE ONLY hq.admin_token
    ADD CONSTRAINT admin_token_pkey PRIMARY KEY (token_id);

ALTER TABLE ONLY hq.admin_token
    ADD CONSTRAINT admin_token_secret_hash_key UNIQUE (secret_hash);

ALTER TABLE ONLY hq.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (audit_id);

ALTER TABLE ONLY hq.auth_failure
    ADD CONSTRAINT auth_failure_pkey PRIMARY KEY (hour, source, reason);

ALTER TABLE ONLY hq.business_clock
    ADD CONSTRAINT business_clock_pkey PRIMARY KEY (singleton);

ALTER TABLE ONLY hq.collector
    ADD CONSTRAINT collector_pkey PRIMARY KEY (replica_id);

ALTER TABLE ONLY hq.enrolment_code
    ADD CONSTRAINT enrolment_code_code_hash_key UNIQUE (code_hash);

ALTER TABLE ONLY hq.enrolment_code
    ADD CONSTRAINT enrolment_code_pkey PRIMARY KEY (code_id);

ALTER TABLE ONLY hq.entity_head
    ADD CONSTRAINT entity_head_pkey PRIMARY KEY (entity);

ALTER TABLE ONLY hq.entity
    ADD CONSTRAINT entity_pkey PRIMARY KEY (entity);

ALTER TABLE ONLY hq.error_episode
    ADD CONSTRAINT error_episode_pkey PRIMARY KEY (episode_id);

ALTER TABLE ONLY hq.headquarters
    ADD CONSTRAINT headquarters_pkey PRIMARY KEY (singleton);

ALTER TABLE ONLY hq.holiday
    ADD CONSTRAINT holiday_pkey PRIMARY KEY (holiday_id);

ALTER TABLE ONLY hq.hq_pointer
    ADD CONSTRAINT hq_pointer_pkey PRIMARY KEY (pointer_id);

ALTER TABLE ONLY hq.hq_record
    ADD CONSTRAINT hq_record_pkey PRIMARY KEY (entity, record_id);

ALTER TABLE ONLY hq.idempotency_key
    ADD CONSTRAINT idempotency_key_pkey PRIMARY KEY (actor, key);

ALTER TABLE ONLY hq.maintenance_window
    ADD CONSTRAINT maintenance_window_pkey PRIMARY KEY (window_id);

ALTER TABLE ONLY hq.page_session
    ADD CONSTRAINT page_session_pkey PRIMARY KEY (secret_hash);

ALTER TABLE ONLY hq.publication
    ADD CONSTRAINT publication_pkey PRIMARY KEY (entity, head);

ALTER TABLE ONLY hq.pushed_record
    ADD CONSTRAINT pushed_record_pkey PRIMARY KEY (store_id, entity, record_id);

ALTER TABLE ONLY hq.pushed_revision
    ADD CONSTRAINT pushed_revision_pkey PRIMARY KEY (store_id, entity, record_id, revision);

ALTER TABLE ONLY hq.quarantined_record
    ADD CONSTRAINT quarantined_record_pkey PRIMARY KEY (quarantine_id);

ALTER TABLE ONLY hq.resync_entity
    ADD CONSTRAINT resync_entity_pkey PRIMARY KEY (job_id, entity);

ALTER TABLE ONLY hq.resync_job
    ADD CONSTRAINT resync_job_pkey PRIMARY KEY (job_id);

ALTER TABLE ONLY hq.resync_rollout
    ADD CONSTRAINT resync_rollout_pkey PRIMARY KEY (rollout_id);

ALTER TABLE ONLY hq.set_publication
    ADD CONSTRAINT set_publication_pkey PRIMARY KEY (entity, store_set, head);

ALTER TABLE ONLY hq.store_command
    ADD CONSTRAINT store_command_pkey PRIMARY KEY (command_id);

ALTER TABLE ONLY hq.store_connection
    ADD CONSTRAINT store_connection_pkey PRIMARY KEY (store_id);

ALTER TABLE ONLY hq.store_disconnect_total
    ADD CONSTRAINT store_disconnect_total_pkey PRIMARY KEY (store_id, reason);

ALTER TABLE ONLY hq.store_entity
    ADD CONSTRAINT store_entity_pkey PRIMARY KEY (store_id, entity, direction);

ALTER TABLE ONLY hq.store_error_total
    ADD CONSTRAINT store_error_total_pkey PRIMARY KEY (store_id, kind);

ALTER TABLE ONLY hq.store
    ADD CONSTRAINT store_pkey PRIMARY KEY (store_id);

ALTER TABLE ONLY hq.store_pull
    ADD CONSTRAINT store_pull_pkey PRIMARY KEY (store_id, entity);

ALTER TABLE ONLY hq.store_report
    ADD CONSTRAINT store_report_pkey PRIMARY KEY (store_id, report_id);

ALTER TABLE ONLY hq.store_set_change
    ADD CONSTRAINT store_set_change_pkey PRIMARY KEY (change_id);

ALTER TABLE ONLY hq.store_set_member
    ADD CONSTRAINT store_set_member_pkey PRIMARY KEY (store_id, store_set);

ALTER TABLE ONLY hq.store_set
    ADD CONSTRAINT store_set_pkey PRIMARY KEY (store_set);

ALTER TABLE ONLY hq.store_token
    ADD CONSTRAINT store_token_pkey PRIMARY KEY (token_id);

ALTER TABLE ONLY hq.store_token
    ADD CONSTRAINT store_token_secret_hash_key UNIQUE (secret_hash);

ALTER TABLE ONLY hq.upload_line
    ADD CONSTRAINT upload_line_pkey PRIMARY KEY (upload_id, line);

CREATE INDEX activity_business_date ON hq.activity USING btree (business_date);

CREATE INDEX audit_log_actor ON hq.audit_log USING btree (actor, audit_id DESC);

CREATE INDEX audit_log_store ON hq.audit_log USING btree (store_id, at DESC);

CREATE INDEX enrolment_code_store ON hq.enrolment_code USING btree (store_id);

CREATE UNIQUE INDEX error_episode_open ON hq.error_episode USING btree (store_id, entity, direction, kind) WHERE (resolved_at IS NULL);

CREATE INDEX error_episode_resolved ON hq.error_episode USING btree (resolved_at) WHERE (resolved_at IS NOT NULL);

CREATE UNIQUE INDEX holiday_day ON hq.holiday USING btree (day, COALESCE(store_id, ''::text), COALESCE(region, ''::text));

CREATE INDEX hq_pointer_set ON hq.hq_pointer USING btree (entity, store_set, "position") WHERE (("position" IS NOT NULL) AND (store_set IS NOT NULL));

CREATE INDEX hq_pointer_unpublished ON hq.hq_pointer USING btree (entity) WHERE ("position" IS NULL);

CREATE INDEX hq_record_position ON hq.hq_record USING btree (entity, store_set, "position") INCLUDE (bytes) WHERE ("position" IS NOT NULL);

CREATE INDEX hq_record_unpublished ON hq.hq_record USING btree (entity, store_set) WHERE ("position" IS NULL);

CREATE INDEX idempotency_key_created ON hq.idempotency_key USING btree (created_at);

CREATE INDEX maintenance_window_ends ON hq.maintenance_window USING btree (ends_at);

CREATE UNIQUE INDEX quarantined_record_held ON hq.quarantined_record USING btree (store_id, entity, content_hash) WHERE (state = 'held'::text);

CREATE UNIQUE INDEX resync_job_active ON hq.resync_job USING btree (store_id) WHERE (state = ANY (ARRAY['queued'::text, 'running'::text]));

CREATE INDEX resync_job_queued ON hq.resync_job USING btree (created_at) WHERE (state = ANY (ARRAY['queued'::text, 'running'::text]));

CREATE INDEX resync_job_rollout ON hq.resync_job USING btree (rollout_id) WHERE (rollout_id IS NOT NULL);

CREATE INDEX resync_rollout_active ON hq.resync_rollout USING btree (state) WHERE (state = ANY (ARRAY['running'::text, 'paused'::text]));

CREATE INDEX store_command_job ON hq.store_command USING btree (job_id) WHERE (job_id IS NOT NULL);

CREATE INDEX store_command_waiting ON hq.store_command USING btree (store_id, created_at) WHERE (done_at IS NULL);

CREATE INDEX store_pull_unconfirmed ON hq.store_pull USING btree (page_sent_at) WHERE ((page_id IS NOT NULL) AND (NOT page_failed));

CREATE INDEX store_report_received ON hq.store_report USING btree (received_at);

CREATE INDEX store_set_change_position ON hq.store_set_change USING btree (entity, "position") WHERE ("position" IS NOT NULL);

CREATE INDEX store_set_change_store ON hq.store_set_change USING btree (store_id, entity, "position") WHERE ("position" IS NOT NULL);

CREATE INDEX store_set_change_unpublished ON hq.store_set_change USING btree (entity) WHERE ("position" IS NULL);

CREATE INDEX store_set_member_set ON hq.store_set_member USING btree (store_set);

CREATE INDEX store_token_store ON hq.store_token USING btree (store_id);

CREATE INDEX sync_error_store ON ONLY hq.sync_error USING btree (store_id, at DESC);

CREATE INDEX sync_error_default_store_id_at_idx ON hq.sync_error_default USING btree (store_id, at DESC);

CREATE INDEX sync_log_store ON ONLY hq.sync_log USING btree (store_id, at DESC);

CREATE INDEX sync_log_default_store_id_at_idx ON hq.sync_log_default USING btree (store_id, at DESC);

ALTER INDEX hq.sync_error_store ATTACH PARTITION hq.sync_error_default_store_id_at_idx;

ALTER INDEX hq.sync_log_store ATTACH PARTITION hq.sync_log_default_store_id_at_idx;

CREATE TRIGGER hq_data_changed AFTER INSERT ON hq.hq_pointer FOR EACH STATEMENT EXECUTE FUNCTION hq.hq_data_changed();

CREATE TRIGGER hq_data_changed AFTER INSERT OR UPDATE OF data, deleted, store_set ON hq.hq_record FOR EACH STATEMENT EXECUTE FUNCTION hq.hq_data_changed();

CREATE TRIGGER hq_data_changed AFTER INSERT ON hq.store_set_change FOR EACH STATEMENT EXECUTE FUNCTION hq.hq_data_changed();

CREATE TRIGGER hq_record_changed BEFORE INSERT OR UPDATE OF data, deleted, store_set ON hq.hq_record FOR EACH ROW EXECUTE FUNCTION hq.hq_record_changed();

CREATE TRIGGER store_set_joined AFTER INSERT ON hq.store_set_member REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hq.store_set_changed();

CREATE TRIGGER store_set_left AFTER DELETE ON hq.store_set_member REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hq.store_set_changed();

ALTER TABLE ONLY hq.activity
    ADD CONSTRAINT activity_store_id_fkey FOREIGN KEY (store_id) REFERENCES hq.store(store_id);

ALTER TABLE ONLY hq.enrolment_code
    ADD CONSTRAINT enrolment_code_store_id_fkey FOREIGN KEY (store_id) REFERENCES hq.store(store_id);

ALTER TABLE ONLY hq.enrolment_code
    ADD CONSTRAINT enrolment_code_token_id_fkey FOREIGN KEY (token_id) REFERENCES hq.store_token(token_id);

ALTER TABLE ONLY hq.entity_head
    ADD CONSTRAINT entity_head_entity_fkey FOREIGN KEY (entity) REFERENCES hq.entity(entity);

ALTER TABLE ONLY hq.error_episode
    ADD CONSTRAINT error_episode_store_id_fkey FOREIGN KEY (store_id) REFERENCES hq.store(store_id);

ALTER TABLE ONLY hq.holiday
    ADD CONSTRAINT holiday_store_id_fkey FOREIGN KEY (store_id) REFERENCES hq.store(store_id);

ALTER TABLE ONLY hq.hq_pointer
    ADD CONSTRAINT hq_pointer_entity_fkey FOREIGN KEY (entity) REFERENCES hq.entity(entity);

ALTER TABLE ONLY hq.hq_pointer
    ADD CONSTRAINT hq_pointer_store_set_fkey FOREIGN KEY (store_set) REFERENCES hq.store_set(store_set);

ALTER TABLE ONLY hq.hq_record
    ADD CONSTRAINT hq_record_entity_fkey FOREIGN KEY (entity) REFERENCES hq.entity(entity);

ALTER TABLE ONLY hq.hq_record
    ADD CONSTRAINT hq_record_store_set_fkey FOREIGN KEY (store_set) REFERENCES hq.store_set(store_set);

ALTER TABLE ONLY hq.maintenance_window
    ADD CONSTRAINT maintenance_window_store_id_fkey FOREIGN KEY (store_id) REFERENCES hq.store(store_id);

ALTER TABLE ONLY hq.page_session
    ADD CONSTRAINT page_session_token_id_fkey FOREIGN KEY (token_id) REFERENCES hq.admin_token(token_id) ON DELETE CASCADE;

ALTER TABLE ONLY hq.publication
    ADD CONSTRAINT publication_entity_fkey FOREIGN KEY (entity) REFERENCES hq.entity(entity);

ALTER TABLE ONLY hq.pushed_record
    ADD CONSTRAINT pushed_record_entity_fkey FOREIGN KEY (entity) REFERENCES hq.entity(entity);

ALTER TABLE ONLY hq.pushed_record
    ADD CONSTRAINT pushed_record_store_id_fkey FOREIGN KEY (store_id) REFERENCES hq.store(store_id);

ALTER TABLE ONLY hq.pushed_revision
    ADD CONSTRAINT pushed_revision_store_id_entity_record_id_fkey FOREIGN KEY (store_id, entity, record_id) REFERENCES hq.pushed_record(store_id, entity, record_id);

ALTER TABLE ONLY hq.quarantined_record
    ADD CONSTRAINT quarantined_record_entity_fkey FOREIGN KEY (entity) REFERENCES hq.entity(entity);

ALTER TABLE ONLY hq.quarantined_record
    ADD CONSTRAINT quarantined_record_store_id_fkey FOREIGN KEY (store_id) REFERENCES hq.store(store_id);

ALTER TABLE ONLY hq.resync_entity
    ADD CONSTRAINT resync_entity_entity_fkey FOREIGN KEY (entity) REFERENCES hq.entity(entity);

ALTER TABLE ONLY hq.resync_entity
    ADD CONSTRAINT resync_entity_job_id_fkey FOREIGN KEY (job_id) REFERENCES hq.resync_job(job_id);

ALTER TABLE ONLY hq.resync_job
    ADD CONSTRAINT resync_job_rollout_id_fkey FOREIGN KEY (rollout_id) REFERENCES hq.resync_rollout(rollout_id);

ALTER TABLE ONLY hq.resync_job
    ADD CONSTRAINT resync_job_store_id_fkey FOREIGN KEY (store_id) REFERENCES hq.store(store_id);

ALTER TABLE ONLY hq.resync_rollout
    ADD CONSTRAINT resync_rollout_store_id_fkey FOREIGN KEY (store_id) REFERENCES hq.store(store_id);

ALTER TABLE ONLY hq.set_publication
    ADD CONSTRAINT set_publication_entity_fkey FOREIGN KEY (entity) REFERENCES hq.entity(entity);

ALTER TABLE ONLY hq.set_publication
    ADD CONSTRAINT set_publication_store_set_fkey FOREIGN KEY (store_set) REFERENCES hq.store_set(store_set);

ALTER TABLE ONLY hq.store_command
    ADD CONSTRAINT store_command_job_id_fkey FOREIGN KEY (job_id) REFERENCES hq.resync_job(job_id);

ALTER TABLE ONLY hq.store_command
    ADD CONSTRAINT store_command_store_id_fkey FOREIGN KEY (store_id) REFERENCES hq.store(store_id);

ALTER TABLE ONLY hq.store_connection
    ADD CONSTRAINT store_connection_store_id_fkey FOREIGN KEY (store_id) REFERENCES hq.store(store_id);

ALTER TABLE ONLY hq.store_connection
    ADD CONSTRAINT store_connection_token_id_fkey FOREIGN KEY (token_id) REFERENCES hq.store_token(token_id);

ALTER TABLE ONLY hq.store_disconnect_total
    ADD CONSTRAINT store_disconnect_total_store_id_fkey FOREIGN KEY (store_id) REFERENCES hq.store(store_id);

ALTER TABLE ONLY hq.store_entity
    ADD CONSTRAINT store_entity_entity_fkey FOREIGN KEY (entity) REFERENCES hq.entity(entity);

ALTER TABLE ONLY hq.store_entity
    ADD CONSTRAINT store_entity_store_id_fkey FOREIGN KEY (store_id) REFERENCES hq.store(store_id);

ALTER TABLE ONLY hq.store_error_total
    ADD CONSTRAINT store_error_total_store_id_fkey FOREIGN KEY (store_id) REFERENCES hq.store(store_id);

ALTER TABLE ONLY hq.store_pull
    ADD CONSTRAINT store_pull_entity_fkey FOREIGN KEY (entity) REFERENCES hq.entity(entity);

ALTER TABLE ONLY hq.store_pull
    ADD CONSTRAINT store_pull_store_id_fkey FOREIGN KEY (store_id) REFERENCES hq.store(store_id);

ALTER TABLE ONLY hq.store_report
    ADD CONSTRAINT store_report_store_id_fkey FOREIGN KEY (store_id) REFERENCES hq.store(store_id);

ALTER TABLE ONLY hq.store_set_change
    ADD CONSTRAINT store_set_change_entity_fkey FOREIGN KEY (entity) REFERENCES hq.entity(entity);

ALTER TABLE ONLY hq.store_set_change
    ADD CONSTRAINT store_set_change_store_id_fkey FOREIGN KEY (store_id) REFERENCES hq.store(store_id);

ALTER TABLE ONLY hq.store_set_change
    ADD CONSTRAINT store_set_change_store_set_fkey FOREIGN KEY (store_set) REFERENCES hq.store_set(store_set);

ALTER TABLE ONLY hq.store_set_member
    ADD CONSTRAINT store_set_member_store_id_fkey FOREIGN KEY (store_id) REFERENCES hq.store(store_id);

ALTER TABLE ONLY hq.store_set_member
    ADD CONSTRAINT store_set_member_store_set_fkey FOREIGN KEY (store_set) REFERENCES hq.store_set(store_set);

ALTER TABLE ONLY hq.store_token
    ADD CONSTRAINT store_token_store_id_fkey FOREIGN KEY (store_id) REFERENCES hq.store(store_id);

