-- Each seal stands for the events after the last one of the seal before it, up to its own last one. The digest is
-- SHA-256 over them and the digest before; the mac is made with the installation's secret, which no database holds.
CREATE TABLE audit_seals (
  number BIGINT PRIMARY KEY NOT NULL,
  first_event_id BIGINT NOT NULL,
  last_event_id BIGINT NOT NULL,
  event_count BIGINT NOT NULL CONSTRAINT audit_seals_count_sane CHECK (event_count > 0),
  digest TEXT NOT NULL,
  mac TEXT NOT NULL,
  sealed_at TIMESTAMP NOT NULL
);
CREATE TRIGGER audit_seals_never_change BEFORE UPDATE OR DELETE ON audit_seals
FOR EACH ROW EXECUTE FUNCTION leadgate_refuse('leadgate:ledger_is_final');
CREATE TRIGGER audit_seals_never_empty BEFORE TRUNCATE ON audit_seals
FOR EACH STATEMENT EXECUTE FUNCTION leadgate_refuse('leadgate:ledger_is_final');
