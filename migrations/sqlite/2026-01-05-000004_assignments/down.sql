DROP VIEW partner_leads;
DROP TABLE assignments;
