DROP TRIGGER leads_are_confirmed_by_a_confirmation;
DROP TRIGGER leads_are_never_unconfirmed;
DROP TRIGGER leads_begin_unconfirmed;
DROP TABLE lead_distribution_settings;
DROP TABLE confirmations;
DROP TABLE confirmation_texts;
