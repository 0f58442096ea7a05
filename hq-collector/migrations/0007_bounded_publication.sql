-- Publications and pages of bounded work: a publication takes at most 20,000 changes and 20,000 pointers (about a second),
-- the caller goes on until nothing waits; a page is cut by the size of its records before any of their text is made.

alter table hq.hq_record add column bytes integer not null default 0;
update hq.hq_record set bytes = octet_length(data::text) where data is not null;

create or replace function hq.hq_record_changed() returns trigger
language plpgsql
as $$
begin
  new.changed_at := clock_timestamp();
  new.position := null;
  new.bytes := coalesce(octet_length(new.data::text), 0);
  if tg_op = 'UPDATE' and old.store_set <> new.store_set then
    insert into hq.hq_pointer (entity, record_id, store_set) values (old.entity, old.record_id, old.store_set);
  end if;
  return new;
end
$$;

-- Who leaves a set looks again at everything that was ever in it: also at what was deleted, or moved on to another set,
-- before the store had pulled that.
create or replace function hq.store_set_changed() returns trigger
language plpgsql
as $$
declare
  changed hq.store_set_member := case when tg_op = 'DELETE' then old else new end;
begin
  insert into hq.hq_pointer (entity, record_id, store_id)
  select entity, record_id, changed.store_id from hq.hq_record where store_set = changed.store_set
  union
  select entity, record_id, changed.store_id from hq.hq_pointer where store_set = changed.store_set;
  return null;
end
$$;

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
  if after = before then
    return null;
  end if;
  update hq.entity_head set head = after where entity = publishing;
  insert into hq.publication (entity, head) values (publishing, after);
  perform pg_notify('hq_published', '');
  return after;
end
$$;
