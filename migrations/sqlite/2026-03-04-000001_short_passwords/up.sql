-- Whether a password is long enough only beside a second factor. Of those that were set before this was noted nobody knows; the next
-- sign-in tells.
ALTER TABLE users ADD COLUMN password_is_short BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE users SET password_is_short = TRUE WHERE id IN (SELECT user_id FROM second_factors);
