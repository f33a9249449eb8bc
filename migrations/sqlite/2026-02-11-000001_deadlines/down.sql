DROP TABLE deadlines;
DROP TABLE deadline_settings;
DROP INDEX partners_by_channel_manager;
ALTER TABLE partners DROP COLUMN channel_manager_id;
ALTER TABLE partners DROP COLUMN time_zone;
