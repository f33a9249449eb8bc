ALTER TABLE users ADD COLUMN last_signed_in_at TIMESTAMP;
CREATE INDEX users_by_search_text ON users (search_text, id);
CREATE INDEX users_by_role ON users (role, state);
-- Two partners that differ in case or accents alone would be taken for one another.
CREATE UNIQUE INDEX partners_search_text_unique ON partners (search_text);
CREATE INDEX assignments_live_by_partner ON assignments (partner_id, opened_at) WHERE ended_at IS NULL;
