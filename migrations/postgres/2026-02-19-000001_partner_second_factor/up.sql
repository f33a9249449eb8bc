-- Whether everybody at a partner must have a second factor.
ALTER TABLE partners ADD COLUMN second_factor_required BOOLEAN NOT NULL DEFAULT FALSE;
