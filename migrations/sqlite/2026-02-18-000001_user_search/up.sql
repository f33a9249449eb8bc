-- Users are found by the words of their names and addresses without reading all of them.
CREATE VIRTUAL TABLE user_search USING fts5 (
  search_text, content = 'users', content_rowid = 'id', tokenize = 'trigram case_sensitive 1'
);
INSERT INTO user_search (user_search, rank) VALUES ('secure-delete', 1);
INSERT INTO user_search (user_search) VALUES ('rebuild');
