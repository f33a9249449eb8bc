CREATE TABLE partners (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  reference TEXT NOT NULL CONSTRAINT partners_reference_unique UNIQUE,
  name TEXT NOT NULL CONSTRAINT partners_name_unique UNIQUE,
  search_text TEXT NOT NULL,
  country TEXT NOT NULL,
  state TEXT NOT NULL CONSTRAINT partners_state_known CHECK (state IN ('active', 'suspended')),
  created_at TIMESTAMP NOT NULL,
  lock_version BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  reference TEXT NOT NULL CONSTRAINT users_reference_unique UNIQUE,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL CONSTRAINT users_email_key_unique UNIQUE,
  name TEXT NOT NULL,
  search_text TEXT NOT NULL,
  role TEXT NOT NULL CONSTRAINT users_role_known
    CHECK (role IN ('administrator', 'staff', 'partner_manager', 'partner_member')),
  partner_id BIGINT CONSTRAINT users_partner_exists REFERENCES partners (id) ON DELETE RESTRICT,
  password_hash TEXT,
  state TEXT NOT NULL CONSTRAINT users_state_known CHECK (state IN ('invited', 'active', 'suspended')),
  created_at TIMESTAMP NOT NULL,
  lock_version BIGINT NOT NULL DEFAULT 0,
  CONSTRAINT users_partner_fits_role
    CHECK ((partner_id IS NOT NULL) = (role IN ('partner_manager', 'partner_member')))
);
CREATE INDEX users_by_partner ON users (partner_id, name, id);

CREATE TABLE sessions (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  key_hash TEXT NOT NULL CONSTRAINT sessions_key_hash_unique UNIQUE,
  user_id BIGINT CONSTRAINT sessions_user_exists REFERENCES users (id) ON DELETE CASCADE,
  state TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  last_seen_at TIMESTAMP NOT NULL,
  address TEXT NOT NULL,
  user_agent TEXT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_last_seen ON sessions (last_seen_at);
