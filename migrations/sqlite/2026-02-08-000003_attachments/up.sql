-- Files that a partner keeps with a lead. Here and not on a disk, so that backups and erasure hold for them too.
CREATE TABLE attachments (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  reference TEXT NOT NULL CONSTRAINT attachments_reference_unique UNIQUE,
  lead_id BIGINT NOT NULL CONSTRAINT attachments_lead_exists REFERENCES leads (id) ON DELETE CASCADE,
  partner_id BIGINT NOT NULL CONSTRAINT attachments_partner_exists REFERENCES partners (id) ON DELETE RESTRICT,
  author_id BIGINT NOT NULL CONSTRAINT attachments_author_exists REFERENCES users (id) ON DELETE RESTRICT,
  -- What the file was called where it came from; it is never served under this name.
  title TEXT NOT NULL,
  kind TEXT NOT NULL CONSTRAINT attachments_kind_known
    CHECK (kind IN ('pdf', 'png', 'jpg', 'docx', 'xlsx', 'odt', 'csv', 'txt')),
  byte_count BIGINT NOT NULL,
  attached_at TIMESTAMP NOT NULL,
  content BLOB NOT NULL
);
CREATE INDEX attachments_by_lead ON attachments (lead_id, partner_id, id);
CREATE INDEX attachments_by_partner ON attachments (partner_id);
CREATE INDEX attachments_by_author ON attachments (author_id);
