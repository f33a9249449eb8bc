-- The secret is sealed with the installation's own key; last_step is the time step of the last code that was accepted.
CREATE TABLE second_factors (
  user_id BIGINT PRIMARY KEY NOT NULL CONSTRAINT second_factors_user_exists REFERENCES users (id) ON DELETE CASCADE,
  sealed_secret BLOB NOT NULL,
  last_step BIGINT NOT NULL,
  enrolled_at TIMESTAMP NOT NULL
);

CREATE TABLE recovery_codes (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  user_id BIGINT NOT NULL CONSTRAINT recovery_codes_user_exists REFERENCES users (id) ON DELETE CASCADE,
  code_hash TEXT NOT NULL,
  used_at TIMESTAMP,
  CONSTRAINT recovery_codes_unique UNIQUE (user_id, code_hash)
);

CREATE TABLE security_settings (
  id BIGINT PRIMARY KEY NOT NULL CONSTRAINT security_settings_one_row CHECK (id = 1),
  second_factor_required BOOLEAN NOT NULL,
  lock_version BIGINT NOT NULL DEFAULT 0
);
INSERT INTO security_settings (id, second_factor_required) VALUES (1, FALSE);
