DROP TRIGGER assignments_begin_unopened ON assignments;
