-- Counts the commits of a store's pushes of an entity. Each answer says its number; a store that was told a higher one than
-- HQ has is proof that HQ was restored from a backup, and of what it lacks.
alter table hq.store_entity add column receipts bigint not null default 0;
