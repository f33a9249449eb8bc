DROP TRIGGER leads_permission_is_one_way ON leads;
DROP TRIGGER leads_begin_unconfirmed ON leads;
DROP FUNCTION leads_permission_is_one_way;
DROP TABLE lead_distribution_settings;
DROP TABLE confirmations;
DROP FUNCTION confirmations_go_only_with_the_lead;
DROP TABLE confirmation_texts;
