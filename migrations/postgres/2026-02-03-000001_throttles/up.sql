-- How often somebody knocked in vain: one row for each account, known device, address and mailed link. Keys are hashed.
CREATE TABLE throttles (
  key TEXT PRIMARY KEY NOT NULL,
  failures BIGINT NOT NULL,
  counted_since TIMESTAMP NOT NULL,
  free_at TIMESTAMP NOT NULL
);
CREATE INDEX throttles_by_time ON throttles (free_at);
