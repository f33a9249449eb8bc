-- What was handed over lately, for the figures of each partner; and who was invited and has not come.
CREATE INDEX assignments_by_time ON assignments (assigned_at, id);
-- What partners were asked and have not answered, longest asked first.
CREATE INDEX assignments_unanswered ON assignments (asked_at, id)
  WHERE asked_at IS NOT NULL AND cycle_answer IS NULL AND ended_at IS NULL;
CREATE INDEX users_by_state ON users (state, search_text, id);
