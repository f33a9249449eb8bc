-- How each person wants to be told of what need not be told at once. Where nothing was chosen: at once.
CREATE TABLE notification_choices (
  user_id BIGINT NOT NULL CONSTRAINT notification_choices_user_exists REFERENCES users (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  delivery TEXT NOT NULL CONSTRAINT notification_choices_delivery_known CHECK (delivery IN ('at_once', 'hourly', 'never')),
  PRIMARY KEY (user_id, kind)
);

-- Who is told what partners do. Where an event has no row: whoever assigned the lead.
CREATE TABLE event_recipients (
  kind TEXT PRIMARY KEY NOT NULL,
  assigner BOOLEAN NOT NULL,
  channel_manager BOOLEAN NOT NULL,
  addresses TEXT NOT NULL
);

-- Messages that wait for the hour are sent together, in the message that they point to.
ALTER TABLE outbox ADD COLUMN digest_id BIGINT CONSTRAINT outbox_digest_exists REFERENCES outbox (id) ON DELETE CASCADE;
CREATE INDEX outbox_by_digest ON outbox (digest_id);
ALTER TABLE outbox DROP CONSTRAINT outbox_state_known;
ALTER TABLE outbox ADD CONSTRAINT outbox_state_known
  CHECK (state IN ('waiting', 'collected', 'sent', 'failed', 'cancelled'));
