-- A hand-over begins unopened and ends later. One that is written down as opened or over would make up a past on which
-- the next one, moved to a colleague, could rest.
CREATE TRIGGER assignments_begin_unopened BEFORE INSERT ON assignments
FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL OR NEW.opened_at IS NOT NULL)
EXECUTE FUNCTION leadgate_refuse('leadgate:assignment_is_final');
