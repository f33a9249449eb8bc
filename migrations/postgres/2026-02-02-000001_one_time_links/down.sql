DROP INDEX outbox_by_link;
ALTER TABLE outbox DROP COLUMN link_id;
DROP TABLE one_time_links;
