/** Twice the 5 minutes after which an idle store checks for news. */
const staleAfter = "interval '10 minutes'";

/** Of a row of hq_view.stores: which way a connected store is behind, `push` or `pull`; null: it is not. */
export const behindIn = `
  case
    when status <> 'connected' or synced then null
    when oldest_pending_at is null or pull_pending_since < oldest_pending_at then 'pull'
    else 'push'
  end`;

/** Of a row of hq_view.stores: connected, and without a sync for longer than an idle store takes. */
export const stale = `(
  status = 'connected' and coalesce(greatest(last_sync_at, status_since) < data_as_of - ${staleAfter}, false))`;

/** A store's StatusOfStore, as columns of a select from hq_view.stores. */
export const statusColumns = `
  status, reason, expected_online as "expectedOnline", ${behindIn} as "behindIn", ${stale} as stale,
  errors_open as "errorsOpen", quarantined_records as quarantined, coalesce(withheld_records, 0) as withheld,
  schema_version as "schemaVersion", schema_compatible as "schemaCompatible"`;
