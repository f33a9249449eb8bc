-- What staff write down about a lead for each other; no partner ever reads it.
CREATE TABLE internal_notes (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  lead_id BIGINT NOT NULL CONSTRAINT internal_notes_lead_exists REFERENCES leads (id) ON DELETE CASCADE,
  author_id BIGINT NOT NULL CONSTRAINT internal_notes_author_exists REFERENCES users (id) ON DELETE RESTRICT,
  body TEXT NOT NULL,
  written_at TIMESTAMP NOT NULL
);
CREATE INDEX internal_notes_by_lead ON internal_notes (lead_id, id);
CREATE INDEX internal_notes_by_author ON internal_notes (author_id);

-- A note that names an assignment was written by staff to whoever holds it, and only they read it.
ALTER TABLE partner_notes ADD COLUMN assignment_id BIGINT
  CONSTRAINT partner_notes_assignment_exists REFERENCES assignments (id) ON DELETE CASCADE;
CREATE INDEX partner_notes_by_assignment ON partner_notes (assignment_id);
