-- The user with which Grafana reads: the views of schema hq_view and nothing else. Everybody who may see a dashboard can
-- send any SQL as this user, so it is the role that keeps tables, secrets and writes away from them. For the same reason it
-- does not read the records themselves, which can name customers or hold what is for the stores alone.
--
-- Run it as a superuser or as the owner of the database, in HQ's database, after the collector has migrated it, and again
-- after each migration. Then, apart, so that the password is in no file:   \password hq_grafana

do $$
begin
  if not exists (select from pg_roles where rolname = 'hq_grafana') then
    create role hq_grafana;
  end if;
end
$$;

alter role hq_grafana login nosuperuser nocreatedb nocreaterole noreplication nobypassrls connection limit 20;
alter role hq_grafana set default_transaction_read_only = on;
alter role hq_grafana set statement_timeout = '10s';
alter role hq_grafana set lock_timeout = '1s';
alter role hq_grafana set idle_in_transaction_session_timeout = '10s';
alter role hq_grafana set search_path = hq_view;

do $$
begin
  -- Whoever may make temporary tables can fill the disk, whatever the settings above say: a session can change those.
  execute format('revoke temporary, create on database %I from public', current_database());
  execute format('grant connect on database %I to hq_grafana', current_database());
end
$$;
revoke create on schema public from public;

-- Large objects are writes that need no grant.
do $$
declare
  writing regprocedure;
begin
  for writing in
    select oid from pg_proc
    where pronamespace = 'pg_catalog'::regnamespace
      and proname in ('lo_create', 'lo_creat', 'lo_from_bytea', 'lo_put', 'lowrite', 'lo_truncate', 'lo_truncate64', 'lo_unlink')
  loop
    execute format('revoke execute on function %s from public', writing);
  end loop;
exception when insufficient_privilege then
  raise warning 'large objects stay writable by everybody who can connect: only a superuser can take that away';
end
$$;

grant usage on schema hq_view to hq_grafana;
grant select on all tables in schema hq_view to hq_grafana;
revoke select on hq_view.hq_records, hq_view.pushed_records, hq_view.pushed_revisions, hq_view.quarantined_records from hq_grafana;
grant select (quarantine_id, store_id, entity, record_id, revision, code, message, schema_version, received_at, times, state,
  resolved_at, resolved_by) on hq_view.quarantined_records to hq_grafana;
