-- What joins or leaves a set is one row for each store and entity, worked out when the store pulls, so that a set of
-- 92,000 records takes twenty stores at once as easily as one. Pages are put together from lines that were made when the
-- record was written. What each publication brought to each set is kept, so that what a store lacks can be counted.

-- The store has joined or left the set: it looks again at every record that is or was in it.
create table hq.store_set_change (
  change_id bigint primary key generated always as identity,
  entity text not null references hq.entity,
  store_id text not null references hq.store,
  store_set text not null references hq.store_set,
  changed_at timestamptz not null default clock_timestamp(),
  position bigint
);
create index store_set_change_store on hq.store_set_change (store_id, entity, position) where position is not null;
create index store_set_change_position on hq.store_set_change (entity, position) where position is not null;
create index store_set_change_unpublished on hq.store_set_change (entity) where position is null;

-- For every entity: whether the set has records of it cannot be asked here, as they may just be on their way into it.
drop trigger store_set_changed on hq.store_set_member;
create or replace function hq.store_set_changed() returns trigger
language plpgsql
as $$
begin
  insert into hq.store_set_change (entity, store_id, store_set)
  select e.entity, c.store_id, c.store_set from changed c cross join hq.entity e where e.direction = 'pull';
  return null;
end
$$;
create trigger store_set_joined after insert on hq.store_set_member
  referencing new table as changed for each statement execute function hq.store_set_changed();
create trigger store_set_left after delete on hq.store_set_member
  referencing old table as changed for each statement execute function hq.store_set_changed();
create trigger hq_data_changed after insert on hq.store_set_change
  for each statement execute function hq.hq_data_changed();

-- What single stores had to look at again does not say because of which set: they look at all of them.
insert into hq.store_set_change (entity, store_id, store_set)
select distinct p.entity, p.store_id, s.store_set
from hq.hq_pointer p cross join hq.store_set s
where p.store_id is not null and s.store_set <> 'all';
delete from hq.hq_pointer where store_id is not null;
alter table hq.hq_pointer drop column store_id, alter column store_set set not null;

-- The record's line of a page, and its size.
alter table hq.hq_record add column line text;
create or replace function hq.hq_record_changed() returns trigger
language plpgsql
as $$
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
update hq.hq_record set line = '{"id":' || to_json(record_id)::text
  || case when deleted then ',"deleted":true' else ',"data":' || data::text end || E'}\n';
update hq.hq_record set bytes = octet_length(line);
alter table hq.hq_record alter column line set not null, alter column bytes drop default;
drop index hq.hq_record_position;
create index hq_record_position on hq.hq_record (entity, store_set, position) include (bytes) where position is not null;

-- What a publication brought to the stores of a set.
create table hq.set_publication (
  entity text not null references hq.entity,
  store_set text not null references hq.store_set,
  -- Of the publication.
  head bigint not null,
  -- Of the set, by all publications up to this one.
  changes bigint not null,
  published_at timestamptz not null default clock_timestamp(),
  primary key (entity, store_set, head)
);
insert into hq.set_publication (entity, store_set, head, changes)
select entity, store_set, max(position), count(*) from hq.hq_record where position is not null group by 1, 2;

-- A publication takes at most 20,000 of each kind (about a second); the caller goes on until nothing waits.
create or replace function hq.publish(publishing text) returns bigint
language plpgsql
as $$
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

alter table hq.store_pull
  -- Since when the store reads everything from the start, while it does.
  add column scan_started_at timestamptz;
update hq.store_pull set scan_started_at = clock_timestamp() where scan_end is not null;

alter table hq.resync_entity
  add column progressed_at timestamptz not null default clock_timestamp();

-- Whether anything of the entity was ever published to the set.
create function hq.set_has_records(entity text, store_set text) returns boolean
language sql stable
as $$
  select exists (
    select from hq.hq_record r where r.entity = $1 and r.store_set = $2 and r.position is not null
  ) or exists (
    select from hq.hq_pointer p where p.entity = $1 and p.store_set = $2 and p.position is not null
  )
$$;

-- What HQ knows to wait for each store, entity by entity: only of entities that the store has begun to pull.
create view hq_view.pull_backlog as
select
  p.store_id,
  p.entity,
  w.pending_changes,
  case when p.scan_end is not null then p.scan_started_at else w.pending_since end as pending_since
from hq.store_pull p
join hq.entity_head h on h.entity = p.entity and h.head > p.confirmed_position
cross join lateral (
  select
    coalesce(sum(newest.changes - coalesce(confirmed.changes, 0)), 0)::bigint + joined.changes as pending_changes,
    least(min(oldest.published_at), joined.since) as pending_since
  from (
    select 'all' as store_set union all select store_set from hq.store_set_member m where m.store_id = p.store_id
  ) s
  cross join (
    select count(*) as changes, min(changed_at) as since from hq.store_set_change c
    where c.store_id = p.store_id and c.entity = p.entity and c.position > p.confirmed_position
      and hq.set_has_records(c.entity, c.store_set)
  ) joined
  left join lateral (
    select changes from hq.set_publication n where n.entity = p.entity and n.store_set = s.store_set order by head desc limit 1
  ) newest on true
  left join lateral (
    select changes from hq.set_publication n
    where n.entity = p.entity and n.store_set = s.store_set and n.head <= p.confirmed_position order by head desc limit 1
  ) confirmed on true
  left join lateral (
    select published_at from hq.set_publication n
    where n.entity = p.entity and n.store_set = s.store_set and n.head > p.confirmed_position order by head limit 1
  ) oldest on true
  group by joined.changes, joined.since
) w
where w.pending_changes > 0;

-- Synced: nothing waits for longer than 5 minutes on either side.
create or replace view hq_view.stores as
select
  s.store_id,
  s.name,
  s.region,
  s.timezone,
  s.currency,
  st.status,
  st.reason,
  st.since as status_since,
  hq.is_open(s.opening_hours, s.timezone, hq.hq_now()) as expected_online,
  st.status = 'connected'
    and coalesce(least(c.oldest_pending_at, b.pending_since) >= st.data_as_of - interval '5 minutes', true) as synced,
  c.last_heartbeat_at,
  e.last_sync_at,
  coalesce(e.records_pushed, 0) as records_pushed,
  coalesce(e.records_pulled, 0) as records_pulled,
  coalesce(x.errors_open, 0) as errors_open,
  coalesce(q.quarantined, 0) as quarantined_records,
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
  jsonb_array_length(c.open_registers) as open_registers,
  d.business_date,
  coalesce(a.sales_count, 0) as sales_count,
  coalesce(a.gross_minor, 0) as gross_minor,
  coalesce(a.tax_minor, 0) as tax_minor,
  coalesce(a.discount_minor, 0) as discount_minor,
  coalesce(a.void_count, 0) as void_count,
  coalesce(a.void_minor, 0) as void_minor,
  coalesce(a.return_count, 0) as return_count,
  coalesce(a.return_minor, 0) as return_minor,
  st.data_as_of,
  coalesce(b.pending_changes, 0) as pull_pending_changes,
  b.pending_since as pull_pending_since
from hq.store s
join hq_view.store_status st using (store_id)
cross join lateral (select hq.business_date(hq.hq_now(), s.timezone, s.day_cutover) as business_date) d
left join hq.store_connection c using (store_id)
left join (
  select
    store_id,
    max(last_success_at) as last_sync_at,
    sum(records_total) filter (where direction = 'push') as records_pushed,
    sum(records_total) filter (where direction = 'pull') as records_pulled
  from hq.store_entity
  group by store_id
) e using (store_id)
left join (
  select store_id, sum(failures) as errors_open from hq.error_episode where resolved_at is null group by store_id
) x using (store_id)
left join (
  select store_id, count(*) as quarantined from hq.quarantined_record where state = 'held' group by store_id
) q using (store_id)
left join (
  select store_id, sum(pending_changes)::bigint as pending_changes, min(pending_since) as pending_since
  from hq_view.pull_backlog group by store_id
) b using (store_id)
left join hq.activity a
  on a.store_id = s.store_id and a.business_date = d.business_date and a.currency = s.currency;
