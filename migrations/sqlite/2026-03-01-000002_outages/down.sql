ALTER TABLE outbox DROP COLUMN outages;
