DROP INDEX assignments_by_update;
DROP INDEX assignments_by_holder;
