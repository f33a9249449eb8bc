-- What a partner wrote about a lead, line after line. The assignment keeps the newest, for lists.
CREATE TABLE partner_notes (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  lead_id BIGINT NOT NULL CONSTRAINT partner_notes_lead_exists REFERENCES leads (id) ON DELETE CASCADE,
  partner_id BIGINT NOT NULL CONSTRAINT partner_notes_partner_exists REFERENCES partners (id) ON DELETE RESTRICT,
  -- Nobody where it was not written down who it was.
  author_id BIGINT CONSTRAINT partner_notes_author_exists REFERENCES users (id) ON DELETE RESTRICT,
  body TEXT NOT NULL,
  written_at TIMESTAMP NOT NULL
);
CREATE INDEX partner_notes_by_lead ON partner_notes (lead_id, partner_id, id);
CREATE INDEX partner_notes_by_partner ON partner_notes (partner_id);
CREATE INDEX partner_notes_by_author ON partner_notes (author_id);
INSERT INTO partner_notes (lead_id, partner_id, body, written_at)
SELECT lead_id, partner_id, status_note, COALESCE(status_noted_at, opened_at, assigned_at)
FROM assignments WHERE status_note <> '' ORDER BY id;

CREATE INDEX assignments_by_step_of_partner ON assignments (partner_id, (next_step_on IS NULL), next_step_on, id) WHERE ended_at IS NULL;
CREATE INDEX assignments_by_step_of_user ON assignments (user_id, (next_step_on IS NULL), next_step_on, id) WHERE ended_at IS NULL;
