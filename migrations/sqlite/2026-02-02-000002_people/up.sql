ALTER TABLE users ADD COLUMN last_signed_in_at TIMESTAMP;
CREATE INDEX users_by_search_text ON users (search_text, id);
CREATE INDEX users_by_role ON users (role, state);
CREATE INDEX partners_by_search_text ON partners (search_text, id);
