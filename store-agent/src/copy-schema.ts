/**
 * The store's copy of HQ's data, one step per version of the file (`PRAGMA user_version`), forward only.
 *
 * `scan` is the number of the reading from the start that last brought a record; `entities.scan` that of the present
 * one. What the present one has not brought is dropped when it is over.
 */
export const copySchemaSteps: readonly string[] = [
  `
  CREATE TABLE records (
    entity TEXT NOT NULL,
    record_id TEXT NOT NULL,
    scan INTEGER NOT NULL,
    data TEXT NOT NULL CHECK (json_valid(data)),
    PRIMARY KEY (entity, record_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE entities (
    entity TEXT PRIMARY KEY,
    cursor TEXT,
    confirm TEXT,
    scan INTEGER NOT NULL,
    phase TEXT NOT NULL CHECK (phase IN ('scanning', 'sweeping', 'following')),
    confirmed_scan INTEGER NOT NULL,
    records INTEGER NOT NULL,
    last_pull_at TEXT
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE resyncs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    command_id TEXT NOT NULL UNIQUE,
    message TEXT,
    done INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE resync_entities (
    command_id TEXT NOT NULL,
    entity TEXT NOT NULL,
    scan INTEGER NOT NULL,
    -- Where the entity was before the order, to go back to when it is cancelled; null: it was at no cursor.
    cursor_before TEXT,
    phase_before TEXT NOT NULL,
    PRIMARY KEY (command_id, entity)
  ) STRICT, WITHOUT ROWID;
  `,
];
