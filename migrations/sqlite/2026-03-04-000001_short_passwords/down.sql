ALTER TABLE users DROP COLUMN password_is_short;
