/** Twice the 5 minutes after which an idle store checks for news. */
const staleAfter = "interval '10 minutes'";

/** A store's StatusOfStore, as columns of a select from hq_view.stores. */
export const statusColumns = `
  status, reason, expected_online as "expectedOnline",
  case
    when status <> 'connected' or synced then null
    when oldest_pending_at is null or pull_pending_since < oldest_pending_at then 'pull'
    else 'push'
  end as "behindIn",
  status = 'connected' and coalesce(greatest(last_sync_at, status_since) < data_as_of - ${staleAfter}, false) as stale,
  errors_open as "errorsOpen", quarantined_records as quarantined, coalesce(withheld_records, 0) as withheld,
  schema_version as "schemaVersion", schema_compatible as "schemaCompatible"`;
