DROP INDEX users_by_words;
