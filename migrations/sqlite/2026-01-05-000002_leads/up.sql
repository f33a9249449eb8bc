CREATE TABLE leads (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  reference TEXT NOT NULL CONSTRAINT leads_reference_unique UNIQUE,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT NOT NULL,
  company TEXT NOT NULL,
  job_title TEXT NOT NULL,
  street TEXT NOT NULL,
  city TEXT NOT NULL,
  postal_code TEXT NOT NULL,
  region TEXT NOT NULL,
  country TEXT NOT NULL,
  product TEXT NOT NULL,
  source TEXT NOT NULL,
  need TEXT NOT NULL,
  internal_note TEXT NOT NULL,
  name_key TEXT NOT NULL,
  email_key TEXT NOT NULL,
  phone_key TEXT NOT NULL,
  search_text TEXT NOT NULL,
  status TEXT NOT NULL CONSTRAINT leads_status_known
    CHECK (status IN ('unassigned', 'unopened', 'open', 'won', 'lost', 'converted')),
  partner_id BIGINT CONSTRAINT leads_partner_exists REFERENCES partners (id) ON DELETE RESTRICT,
  has_confirmation BOOLEAN NOT NULL DEFAULT FALSE,
  created_by BIGINT CONSTRAINT leads_creator_exists REFERENCES users (id) ON DELETE RESTRICT,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  lock_version BIGINT NOT NULL DEFAULT 0,
  CONSTRAINT leads_partner_fits_status CHECK ((partner_id IS NULL) = (status = 'unassigned'))
);
CREATE INDEX leads_by_creation ON leads (created_at, id);
CREATE INDEX leads_by_name ON leads (name_key, id);
CREATE INDEX leads_by_status ON leads (status, created_at, id);
CREATE INDEX leads_by_permission ON leads (has_confirmation, created_at, id);
CREATE INDEX leads_by_permission_and_status ON leads (has_confirmation, status, created_at, id);
CREATE INDEX leads_by_partner ON leads (partner_id, created_at, id);
CREATE INDEX leads_by_country ON leads (country, created_at, id);
CREATE INDEX leads_by_source ON leads (source, created_at, id);
CREATE INDEX leads_by_status_and_name ON leads (status, name_key, id);
CREATE INDEX leads_by_permission_and_name ON leads (has_confirmation, name_key, id);
CREATE INDEX leads_by_partner_and_name ON leads (partner_id, name_key, id);
CREATE INDEX leads_by_country_and_name ON leads (country, name_key, id);
CREATE INDEX leads_by_source_and_name ON leads (source, name_key, id);
CREATE INDEX leads_by_email ON leads (email_key) WHERE email_key <> '';
CREATE INDEX leads_by_phone ON leads (phone_key) WHERE phone_key <> '';
CREATE INDEX leads_by_creator ON leads (created_by);

CREATE VIRTUAL TABLE lead_search USING fts5 (
  search_text, content = 'leads', content_rowid = 'id', tokenize = 'trigram case_sensitive 1'
);
INSERT INTO lead_search (lead_search, rank) VALUES ('secure-delete', 1);
