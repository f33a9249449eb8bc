CREATE TABLE disclosures (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  lead_id BIGINT NOT NULL,
  lead_reference TEXT NOT NULL,
  assignment_id BIGINT NOT NULL,
  partner_id BIGINT NOT NULL CONSTRAINT disclosures_partner_exists REFERENCES partners (id) ON DELETE RESTRICT,
  user_id BIGINT CONSTRAINT disclosures_user_exists REFERENCES users (id) ON DELETE RESTRICT,
  act TEXT NOT NULL CONSTRAINT disclosures_act_known CHECK (act IN ('assigned', 'opened')),
  fields TEXT NOT NULL,
  confirmation_id BIGINT,
  ground TEXT CONSTRAINT disclosures_ground_known CHECK (ground IN ('consent', 'contract', 'lead_interest')),
  text_version BIGINT,
  disclosed_at TIMESTAMP NOT NULL
);
CREATE INDEX disclosures_by_lead ON disclosures (lead_id, id);
CREATE INDEX disclosures_by_partner ON disclosures (partner_id, disclosed_at, id);
CREATE INDEX disclosures_by_user ON disclosures (user_id);
CREATE TRIGGER disclosures_never_change BEFORE UPDATE ON disclosures
BEGIN SELECT RAISE(ABORT, 'leadgate:ledger_is_final'); END;
CREATE TRIGGER disclosures_never_go BEFORE DELETE ON disclosures
BEGIN SELECT RAISE(ABORT, 'leadgate:ledger_is_final'); END;

CREATE TABLE audit_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  happened_at TIMESTAMP NOT NULL,
  actor_id BIGINT CONSTRAINT audit_events_actor_exists REFERENCES users (id) ON DELETE RESTRICT,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  subject_id BIGINT,
  subject_reference TEXT NOT NULL,
  detail TEXT NOT NULL,
  address TEXT NOT NULL,
  request_id TEXT NOT NULL
);
CREATE INDEX audit_events_by_subject ON audit_events (subject, subject_id, id);
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, id);
CREATE INDEX audit_events_by_action ON audit_events (action, id);
CREATE INDEX audit_events_by_time ON audit_events (happened_at, id);
CREATE TRIGGER audit_events_never_change BEFORE UPDATE ON audit_events
BEGIN SELECT RAISE(ABORT, 'leadgate:ledger_is_final'); END;
CREATE TRIGGER audit_events_never_go BEFORE DELETE ON audit_events
BEGIN SELECT RAISE(ABORT, 'leadgate:ledger_is_final'); END;

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  message_id TEXT NOT NULL CONSTRAINT outbox_message_id_unique UNIQUE,
  kind TEXT NOT NULL,
  recipient_id BIGINT NOT NULL CONSTRAINT outbox_recipient_exists REFERENCES users (id) ON DELETE CASCADE,
  assignment_id BIGINT,
  state TEXT NOT NULL CONSTRAINT outbox_state_known CHECK (state IN ('waiting', 'sent', 'failed', 'cancelled')),
  attempts BIGINT NOT NULL DEFAULT 0,
  next_attempt_at TIMESTAMP NOT NULL,
  created_at TIMESTAMP NOT NULL,
  sent_at TIMESTAMP,
  last_error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX outbox_by_state ON outbox (state, next_attempt_at, id);
CREATE INDEX outbox_by_recipient ON outbox (recipient_id, id);
CREATE INDEX outbox_by_assignment ON outbox (assignment_id);

-- One row for each form that must take effect once; the place where its first sending led to.
CREATE TABLE submissions (
  key TEXT PRIMARY KEY NOT NULL,
  user_id BIGINT NOT NULL CONSTRAINT submissions_user_exists REFERENCES users (id) ON DELETE CASCADE,
  location TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL
);
CREATE INDEX submissions_by_time ON submissions (created_at);
CREATE INDEX submissions_by_user ON submissions (user_id);

-- Erasures whose traces in the files of the database (free pages, the write-ahead log) are still to be removed.
CREATE TABLE erasures_to_scrub (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  erased_at TIMESTAMP NOT NULL
);
