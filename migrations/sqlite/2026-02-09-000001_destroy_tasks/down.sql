DROP INDEX leads_by_product;
ALTER TABLE notices DROP CONSTRAINT notices_about_one_thing;
DELETE FROM notices WHERE assignment_id IS NULL;
ALTER TABLE notices ALTER COLUMN assignment_id SET NOT NULL;
DROP INDEX notices_by_destroy_task;
ALTER TABLE notices DROP COLUMN destroy_task_id;
DROP INDEX outbox_by_destroy_task;
ALTER TABLE outbox DROP COLUMN destroy_task_id;
DROP TABLE destroy_tasks;
