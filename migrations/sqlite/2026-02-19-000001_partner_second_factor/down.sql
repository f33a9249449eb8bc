ALTER TABLE partners DROP COLUMN second_factor_required;
