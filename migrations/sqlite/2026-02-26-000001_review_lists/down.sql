DROP INDEX assignments_closed_by_partner;
DROP INDEX leads_in_review;
