CREATE TABLE confirmation_texts (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  version BIGINT NOT NULL CONSTRAINT confirmation_texts_version_unique UNIQUE,
  body TEXT NOT NULL,
  created_by BIGINT NOT NULL CONSTRAINT confirmation_texts_creator_exists REFERENCES users (id) ON DELETE RESTRICT,
  created_at TIMESTAMP NOT NULL
);
CREATE INDEX confirmation_texts_by_creator ON confirmation_texts (created_by);

CREATE TABLE confirmations (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  lead_id BIGINT NOT NULL CONSTRAINT confirmations_lead_unique UNIQUE
    CONSTRAINT confirmations_lead_exists REFERENCES leads (id) ON DELETE CASCADE,
  ground TEXT NOT NULL CONSTRAINT confirmations_ground_known
    CHECK (ground IN ('consent', 'contract', 'lead_interest')),
  text_id BIGINT CONSTRAINT confirmations_text_exists REFERENCES confirmation_texts (id) ON DELETE RESTRICT,
  evidence TEXT,
  given_on DATE,
  reason TEXT,
  confirmed_by BIGINT NOT NULL CONSTRAINT confirmations_user_exists REFERENCES users (id) ON DELETE RESTRICT,
  confirmed_at TIMESTAMP NOT NULL,
  CONSTRAINT confirmations_consent_has_evidence
    CHECK ((ground = 'consent') = (evidence IS NOT NULL) AND (ground = 'consent') = (given_on IS NOT NULL)),
  CONSTRAINT confirmations_interest_has_reason CHECK ((ground = 'lead_interest') = (reason IS NOT NULL)),
  CONSTRAINT confirmations_say_something CHECK (evidence <> '' AND reason <> '')
);
CREATE INDEX confirmations_by_text ON confirmations (text_id);
CREATE INDEX confirmations_by_user ON confirmations (confirmed_by);

CREATE TABLE lead_distribution_settings (
  id INTEGER PRIMARY KEY NOT NULL CONSTRAINT lead_distribution_settings_single CHECK (id = 1),
  track_permission BOOLEAN NOT NULL,
  ask_on_create BOOLEAN NOT NULL,
  opened_leads TEXT NOT NULL CONSTRAINT lead_distribution_settings_opened_known
    CHECK (opened_leads IN ('keep', 'suspend')),
  assign_to_partner BOOLEAN NOT NULL,
  tracking_since TIMESTAMP,
  lock_version BIGINT NOT NULL DEFAULT 0,
  CONSTRAINT lead_distribution_settings_ask_needs_tracking CHECK (track_permission OR NOT ask_on_create)
);
INSERT INTO lead_distribution_settings (id, track_permission, ask_on_create, opened_leads, assign_to_partner)
VALUES (1, FALSE, FALSE, 'keep', TRUE);

CREATE TRIGGER confirmation_texts_never_change BEFORE UPDATE ON confirmation_texts
BEGIN SELECT RAISE(ABORT, 'leadgate:text_is_immutable'); END;
CREATE TRIGGER confirmation_texts_never_go BEFORE DELETE ON confirmation_texts
BEGIN SELECT RAISE(ABORT, 'leadgate:text_is_immutable'); END;

CREATE TRIGGER confirmations_never_change BEFORE UPDATE ON confirmations
BEGIN SELECT RAISE(ABORT, 'leadgate:confirmation_is_final'); END;
-- The cascade from a deleted lead passes here after the lead is gone; everything else is refused.
CREATE TRIGGER confirmations_go_only_with_the_lead BEFORE DELETE ON confirmations
WHEN EXISTS (SELECT 1 FROM leads WHERE id = OLD.lead_id)
BEGIN SELECT RAISE(ABORT, 'leadgate:confirmation_is_final'); END;

CREATE TRIGGER leads_begin_unconfirmed BEFORE INSERT ON leads
WHEN NEW.has_confirmation
BEGIN SELECT RAISE(ABORT, 'leadgate:confirmation_is_missing'); END;
CREATE TRIGGER leads_are_never_unconfirmed BEFORE UPDATE OF has_confirmation ON leads
WHEN OLD.has_confirmation AND NOT NEW.has_confirmation
BEGIN SELECT RAISE(ABORT, 'leadgate:confirmation_is_final'); END;
CREATE TRIGGER leads_are_confirmed_by_a_confirmation BEFORE UPDATE OF has_confirmation ON leads
WHEN NEW.has_confirmation AND NOT EXISTS (SELECT 1 FROM confirmations WHERE lead_id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'leadgate:confirmation_is_missing'); END;

CREATE TRIGGER lead_distribution_settings_stay BEFORE DELETE ON lead_distribution_settings
BEGIN SELECT RAISE(ABORT, 'leadgate:settings_stay'); END;
