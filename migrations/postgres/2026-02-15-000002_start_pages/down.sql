DROP INDEX users_by_state;
DROP INDEX assignments_unanswered;
DROP INDEX assignments_by_time;
