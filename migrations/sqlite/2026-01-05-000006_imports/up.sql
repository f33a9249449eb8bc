CREATE TABLE imports (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  reference TEXT NOT NULL CONSTRAINT imports_reference_unique UNIQUE,
  user_id BIGINT NOT NULL CONSTRAINT imports_user_exists REFERENCES users (id) ON DELETE RESTRICT,
  file_name TEXT NOT NULL,
  byte_count BIGINT NOT NULL,
  state TEXT NOT NULL CONSTRAINT imports_state_known
    CHECK (state IN ('uploading', 'uploaded', 'running', 'done', 'cancelled', 'failed')),
  encoding TEXT NOT NULL,
  -- Whether the encoding is a guess, which the user is asked to look at.
  is_guessed BOOLEAN NOT NULL,
  delimiter TEXT NOT NULL,
  headings TEXT NOT NULL,
  mapping TEXT NOT NULL,
  row_count BIGINT NOT NULL,
  -- The number, in the file, of the last row that was taken in: where an interrupted import goes on.
  last_row BIGINT NOT NULL DEFAULT 0,
  read_count BIGINT NOT NULL DEFAULT 0,
  created_count BIGINT NOT NULL DEFAULT 0,
  rejected_count BIGINT NOT NULL DEFAULT 0,
  remark_count BIGINT NOT NULL DEFAULT 0,
  lease_until TIMESTAMP,
  created_at TIMESTAMP NOT NULL,
  started_at TIMESTAMP,
  finished_at TIMESTAMP,
  CONSTRAINT imports_add_up CHECK (created_count + rejected_count = read_count)
);
CREATE INDEX imports_by_user ON imports (user_id, id);
CREATE INDEX imports_by_state ON imports (state, id);

-- The uploaded file, in pieces, until the import is done.
CREATE TABLE import_chunks (
  import_id BIGINT NOT NULL CONSTRAINT import_chunks_import_exists REFERENCES imports (id) ON DELETE CASCADE,
  position BIGINT NOT NULL,
  bytes BLOB NOT NULL,
  CONSTRAINT import_chunks_primary PRIMARY KEY (import_id, position)
);

CREATE TABLE import_rejections (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  import_id BIGINT NOT NULL CONSTRAINT import_rejections_import_exists REFERENCES imports (id) ON DELETE CASCADE,
  row_number BIGINT NOT NULL,
  reason TEXT NOT NULL,
  cells TEXT NOT NULL,
  -- What erasure looks for: each cell as a search key, a line each; numbers as their digits too.
  keys TEXT NOT NULL
);
CREATE INDEX import_rejections_by_import ON import_rejections (import_id, row_number);
