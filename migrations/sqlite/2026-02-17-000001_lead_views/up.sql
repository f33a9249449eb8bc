-- The views of the lead list that staff keep for themselves.
CREATE TABLE lead_views (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  reference TEXT NOT NULL CONSTRAINT lead_views_reference_unique UNIQUE,
  user_id BIGINT NOT NULL CONSTRAINT lead_views_user_exists REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  -- The list's own query string: filters, search and order.
  query TEXT NOT NULL,
  -- What erasure looks for: name and search as keys, a line each; numbers as their digits too.
  keys TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  CONSTRAINT lead_views_name_unique UNIQUE (user_id, name_key)
);
