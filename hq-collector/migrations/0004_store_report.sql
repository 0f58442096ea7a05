-- Reports that HQ has kept, so that one whose answer was lost counts once when it comes again. Kept as long as errors are.
create table hq.store_report (
  store_id text not null references hq.store,
  report_id uuid not null,
  received_at timestamptz not null default clock_timestamp(),
  primary key (store_id, report_id)
);
create index store_report_received on hq.store_report (received_at);
