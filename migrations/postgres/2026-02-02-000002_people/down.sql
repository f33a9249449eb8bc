DROP INDEX assignments_live_by_partner;
DROP INDEX partners_search_text_unique;
DROP INDEX users_by_role;
DROP INDEX users_by_search_text;
ALTER TABLE partners ALTER COLUMN search_text TYPE TEXT;
ALTER TABLE users ALTER COLUMN search_text TYPE TEXT;
ALTER TABLE users DROP COLUMN last_signed_in_at;
