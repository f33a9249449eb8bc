DROP INDEX outbox_links_by_state;
