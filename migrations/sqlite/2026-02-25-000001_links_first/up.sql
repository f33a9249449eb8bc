CREATE INDEX outbox_links_by_state ON outbox (state, next_attempt_at, id) WHERE link_id IS NOT NULL;
