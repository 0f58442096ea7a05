-- Pages that another took the place of before they were confirmed, the newest last, each as { id, position, scanEnd, records,
-- bytes, sentAt }: two requests of a store may be under way, and which of their answers it took is told by its confirmation.
alter table hq.store_pull add column displaced_pages jsonb not null default '[]';
