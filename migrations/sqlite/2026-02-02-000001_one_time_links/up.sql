-- The token of a link is made from the seed with the secret of the installation; the database alone can't make one.
CREATE TABLE one_time_links (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  purpose TEXT NOT NULL CONSTRAINT one_time_links_purpose_known
    CHECK (purpose IN ('first_run', 'invitation', 'password_reset')),
  user_id BIGINT CONSTRAINT one_time_links_user_exists REFERENCES users (id) ON DELETE CASCADE,
  seed TEXT NOT NULL CONSTRAINT one_time_links_seed_unique UNIQUE,
  token_hash TEXT NOT NULL CONSTRAINT one_time_links_token_hash_unique UNIQUE,
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  ended_at TIMESTAMP,
  ending TEXT CONSTRAINT one_time_links_ending_known CHECK (ending IN ('used', 'replaced', 'withdrawn')),
  CONSTRAINT one_time_links_ended_somehow CHECK ((ended_at IS NULL) = (ending IS NULL)),
  CONSTRAINT one_time_links_user_fits_purpose CHECK ((user_id IS NULL) = (purpose = 'first_run'))
);
CREATE INDEX one_time_links_by_user ON one_time_links (user_id, purpose, id);
CREATE INDEX one_time_links_by_expiry ON one_time_links (expires_at);

ALTER TABLE outbox ADD COLUMN link_id BIGINT;
CREATE INDEX outbox_by_link ON outbox (link_id);
