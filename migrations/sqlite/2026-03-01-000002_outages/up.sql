-- Tries that found no mail server: they say nothing about the message, so they are no attempts, which end.
ALTER TABLE outbox ADD COLUMN outages BIGINT NOT NULL DEFAULT 0;
