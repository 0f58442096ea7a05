-- What HQ publishes to its stores, and how far each store has come.
--
-- A change is written without a position. hq.publish() gives committed changes their positions, one publisher at a time
-- for an entity, and moves the entity's head in the same transaction. So positions become visible in their order,
-- however the writers overlapped, and a writer that stays open delays nobody: its rows get positions when it commits.

-- A named set of stores that an HQ record can be for. Every store is in the set 'all', which has no members' rows.
create table hq.store_set (
  store_set text primary key,
  created_at timestamptz not null default clock_timestamp()
);
insert into hq.store_set (store_set) values ('all');

create table hq.store_set_member (
  store_set text not null references hq.store_set check (store_set <> 'all'),
  store_id text not null references hq.store,
  primary key (store_id, store_set)
);
create index store_set_member_set on hq.store_set_member (store_set);

-- The present state of each HQ record; a deleted one stays as a tombstone until its retention ends.
create table hq.hq_record (
  entity text not null references hq.entity,
  record_id text not null,
  store_set text not null default 'all' references hq.store_set,
  deleted boolean not null default false,
  data jsonb,
  changed_at timestamptz not null default clock_timestamp(),
  -- Null while the change waits for its publication.
  position bigint,
  primary key (entity, record_id),
  check (deleted or data is not null)
);
create index hq_record_position on hq.hq_record (entity, store_set, position) where position is not null;
create index hq_record_unpublished on hq.hq_record (entity) where position is null;

-- "Look at this record again": for the stores of a set that the record has left, or for one store that has joined or
-- left a set. What the store gets is decided when it pulls, from the record's present state.
create table hq.hq_pointer (
  pointer_id bigint primary key generated always as identity,
  entity text not null references hq.entity,
  record_id text not null,
  store_set text references hq.store_set,
  store_id text references hq.store,
  changed_at timestamptz not null default clock_timestamp(),
  position bigint,
  check ((store_set is null) <> (store_id is null))
);
create index hq_pointer_set on hq.hq_pointer (entity, store_set, position) where position is not null and store_set is not null;
create index hq_pointer_store on hq.hq_pointer (entity, store_id, position) where position is not null and store_id is not null;
create index hq_pointer_unpublished on hq.hq_pointer (entity) where position is null;

-- Position of the newest publication of each entity, and up to where tombstones have been dropped.
create table hq.entity_head (
  entity text primary key references hq.entity,
  head bigint not null default 0,
  forgotten bigint not null default 0
);

-- One row a publication. The nonce is part of every cursor: a cursor of a history that HQ no longer has (restored from
-- a backup) is known by it.
create table hq.publication (
  entity text not null references hq.entity,
  head bigint not null,
  nonce integer not null default floor(random() * 2147483647)::integer,
  published_at timestamptz not null default clock_timestamp(),
  primary key (entity, head)
);

create function hq.hq_record_changed() returns trigger
language plpgsql
as $$
begin
  new.changed_at := clock_timestamp();
  new.position := null;
  if tg_op = 'UPDATE' and old.store_set <> new.store_set then
    insert into hq.hq_pointer (entity, record_id, store_set) values (old.entity, old.record_id, old.store_set);
  end if;
  return new;
end
$$;
create trigger hq_record_changed before insert or update of data, deleted, store_set on hq.hq_record
  for each row execute function hq.hq_record_changed();

create function hq.store_set_changed() returns trigger
language plpgsql
as $$
declare
  changed hq.store_set_member := case when tg_op = 'DELETE' then old else new end;
begin
  insert into hq.hq_pointer (entity, record_id, store_id)
  select entity, record_id, changed.store_id from hq.hq_record where store_set = changed.store_set and not deleted;
  return null;
end
$$;
create trigger store_set_changed after insert or delete on hq.store_set_member
  for each row execute function hq.store_set_changed();

-- A hint for the publisher; it is delivered at the commit, once for a transaction.
create function hq.hq_data_changed() returns trigger
language plpgsql
as $$
begin
  perform pg_notify('hq_data_changed', '');
  return null;
end
$$;
create trigger hq_data_changed after insert or update of data, deleted, store_set on hq.hq_record
  for each statement execute function hq.hq_data_changed();
create trigger hq_data_changed after insert on hq.hq_pointer
  for each statement execute function hq.hq_data_changed();

-- Gives every committed change of an entity its position. Rows that another transaction is changing again are left to
-- its own publication. Returns the new head, or null when nothing waited.
create function hq.publish(publishing text) returns bigint
language plpgsql
as $$
declare
  before bigint;
  after bigint;
begin
  insert into hq.entity_head (entity) values (publishing) on conflict do nothing;
  -- Publishers of an entity follow each other here, and each sees what the one before has committed.
  select head into before from hq.entity_head where entity = publishing for update;
  after := before;
  with waiting as (
    select record_id from hq.hq_record where entity = publishing and position is null for update skip locked
  ), numbered as (
    select record_id, before + row_number() over () as position from waiting
  ), published as (
    update hq.hq_record r set position = n.position from numbered n
    where r.entity = publishing and r.record_id = n.record_id
    returning r.position
  )
  select coalesce(max(position), after) into after from published;
  with waiting as (
    select pointer_id from hq.hq_pointer where entity = publishing and position is null for update skip locked
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

-- Lines of a bulk change on their way in, until one transaction takes them all. What an upload that was cut leaves is
-- dropped after a day; unlogged, because a lost upload is sent again.
create unlogged table hq.upload_line (
  upload_id uuid not null,
  line integer not null,
  record_id text not null,
  store_set text,
  deleted boolean not null,
  data jsonb,
  received_at timestamptz not null default clock_timestamp(),
  primary key (upload_id, line)
);

-- How far a store has come with an entity, and the page that it was sent last.
create table hq.store_pull (
  store_id text not null references hq.store,
  entity text not null references hq.entity,
  -- Where the last confirmed page ends; 0 before the first.
  confirmed_position bigint not null default 0,
  -- Set while the store reads everything from the start: the head when it began.
  scan_end bigint,
  page_id uuid,
  page_position bigint,
  page_scan_end bigint,
  page_records integer,
  page_bytes bigint,
  page_sent_at timestamptz,
  -- The page was not confirmed in time; a late confirmation still counts.
  page_failed boolean not null default false,
  primary key (store_id, entity)
) with (fillfactor = 70);
create index store_pull_unconfirmed on hq.store_pull (page_sent_at) where page_id is not null and not page_failed;

alter table hq.store_entity add column empty_checks_total bigint not null default 0;

-- Everything HQ publishes, for other systems of HQ.
create view hq_view.hq_records as
select entity, record_id, store_set, deleted, data, changed_at, position from hq.hq_record;

-- How far each store has come with what HQ publishes, entity by entity.
create view hq_view.store_pulls as
select
  c.store_id,
  e.entity,
  coalesce(h.head, 0) as head,
  coalesce(p.confirmed_position, 0) as confirmed_position,
  p.scan_end,
  p.page_id is not null as page_unconfirmed,
  p.page_sent_at
from hq.store_connection c
join hq.store s on s.store_id = c.store_id and s.archived_at is null
join hq.entity e on e.direction = 'pull'
left join hq.entity_head h on h.entity = e.entity
left join hq.store_pull p on p.store_id = c.store_id and p.entity = e.entity;
