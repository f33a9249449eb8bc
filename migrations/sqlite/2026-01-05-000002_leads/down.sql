DROP TABLE lead_search;
DROP TABLE leads;
