-- Which worker holds a message; only whoever still holds it may say what became of it.
ALTER TABLE outbox ADD COLUMN lease_token TEXT;
CREATE INDEX outbox_by_time ON outbox (created_at, id);
CREATE INDEX outbox_by_state_and_time ON outbox (state, created_at, id);

-- What a person is told inside the application, for the same events as by mail.
CREATE TABLE notices (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  reference TEXT NOT NULL CONSTRAINT notices_reference_unique UNIQUE,
  kind TEXT NOT NULL,
  recipient_id BIGINT NOT NULL CONSTRAINT notices_recipient_exists REFERENCES users (id) ON DELETE CASCADE,
  assignment_id BIGINT NOT NULL CONSTRAINT notices_assignment_exists REFERENCES assignments (id) ON DELETE CASCADE,
  created_at TIMESTAMP NOT NULL,
  read_at TIMESTAMP
);
CREATE INDEX notices_by_recipient ON notices (recipient_id, id);
CREATE INDEX notices_unread ON notices (recipient_id, id) WHERE read_at IS NULL;
CREATE INDEX notices_by_assignment ON notices (assignment_id);

-- The log is read by time, whatever it is filtered by.
DROP INDEX audit_events_by_actor;
DROP INDEX audit_events_by_action;
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, happened_at, id);
CREATE INDEX audit_events_by_action ON audit_events (action, happened_at, id);
CREATE INDEX audit_events_by_reference ON audit_events (subject_reference, happened_at, id);
