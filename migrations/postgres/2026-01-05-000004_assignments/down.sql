DROP VIEW partner_leads;
DROP TABLE assignments;
DROP FUNCTION assignments_go_only_with_the_lead;
DROP FUNCTION assignments_need_clearance;
