-- An older program would show them to the next holder.
DELETE FROM partner_notes WHERE assignment_id IS NOT NULL;
DROP INDEX partner_notes_by_assignment;
ALTER TABLE partner_notes DROP COLUMN assignment_id;
DROP TABLE internal_notes;
