/**
 * The store's database, one step per version of it (`PRAGMA user_version`), forward only.
 *
 * `records.bytes` is the size of the record's line in a batch, without the newline; the pending index holds it so
 * that a batch can be measured before its data is read.
 */
export const queueSchemaSteps: readonly string[] = [
  `
  CREATE TABLE records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    entity TEXT NOT NULL,
    record_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    schema_version INTEGER NOT NULL,
    data TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    queued_at TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'acknowledged', 'quarantined', 'withheld')),
    settled_at INTEGER,
    business_date TEXT,
    withheld_at_bytes INTEGER,
    UNIQUE (entity, record_id, revision)
  ) STRICT;
  CREATE INDEX records_pending ON records (entity, seq, bytes) WHERE state = 'pending';
  CREATE INDEX records_settled ON records (settled_at, seq) WHERE state IN ('acknowledged', 'quarantined');
  CREATE INDEX records_withheld ON records (seq) WHERE state = 'withheld';

  CREATE TABLE counted_sales (
    record_id TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    completed_at_ms INTEGER NOT NULL,
    business_date TEXT,
    currency TEXT NOT NULL,
    contribution TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX counted_sales_by_date ON counted_sales (business_date, record_id);

  CREATE TABLE day_totals (
    business_date TEXT NOT NULL,
    currency TEXT NOT NULL,
    sales_count INTEGER NOT NULL,
    gross_minor INTEGER NOT NULL,
    tax_minor INTEGER NOT NULL,
    discount_minor INTEGER NOT NULL,
    void_count INTEGER NOT NULL,
    void_minor INTEGER NOT NULL,
    return_count INTEGER NOT NULL,
    return_minor INTEGER NOT NULL,
    PRIMARY KEY (business_date, currency)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE open_registers (
    terminal_id TEXT PRIMARY KEY,
    opened_at TEXT NOT NULL,
    cashier_id TEXT
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE reports (
    report_id TEXT PRIMARY KEY,
    code TEXT NOT NULL,
    entity TEXT NOT NULL,
    at TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    record_id TEXT,
    message TEXT NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX reports_unsent ON reports (code, entity) WHERE sent = 0;

  CREATE TABLE agent_state (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE reports ADD COLUMN direction TEXT NOT NULL DEFAULT 'push';
  DROP INDEX reports_unsent;
  CREATE UNIQUE INDEX reports_unsent ON reports (code, entity, direction) WHERE sent = 0;
  `,
];
