UPDATE outbox SET state = 'waiting' WHERE state = 'collected';
ALTER TABLE outbox DROP CONSTRAINT outbox_state_known;
ALTER TABLE outbox ADD CONSTRAINT outbox_state_known CHECK (state IN ('waiting', 'sent', 'failed', 'cancelled'));
DROP INDEX outbox_by_digest;
ALTER TABLE outbox DROP COLUMN digest_id;
DROP TABLE event_recipients;
DROP TABLE notification_choices;
