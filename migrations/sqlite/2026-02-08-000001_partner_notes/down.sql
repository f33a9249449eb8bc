DROP INDEX assignments_by_step_of_user;
DROP INDEX assignments_by_step_of_partner;
DROP TABLE partner_notes;
