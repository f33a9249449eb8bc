DROP INDEX audit_events_by_reference;
DROP INDEX audit_events_by_action;
DROP INDEX audit_events_by_actor;
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, id);
CREATE INDEX audit_events_by_action ON audit_events (action, id);
DROP TABLE notices;
DROP INDEX outbox_by_state_and_time;
DROP INDEX outbox_by_time;
ALTER TABLE outbox DROP COLUMN lease_token;
