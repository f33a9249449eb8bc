-- Users are found by the words of their names and addresses without reading all of them.
CREATE INDEX users_by_words ON users USING gin (search_text gin_trgm_ops);
