CREATE TABLE assignments (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  lead_id BIGINT NOT NULL CONSTRAINT assignments_lead_exists REFERENCES leads (id) ON DELETE CASCADE,
  partner_id BIGINT NOT NULL CONSTRAINT assignments_partner_exists REFERENCES partners (id) ON DELETE RESTRICT,
  user_id BIGINT CONSTRAINT assignments_user_exists REFERENCES users (id) ON DELETE RESTRICT,
  assigned_by BIGINT NOT NULL CONSTRAINT assignments_assigner_exists REFERENCES users (id) ON DELETE RESTRICT,
  assigned_at TIMESTAMP NOT NULL,
  opened_by BIGINT CONSTRAINT assignments_opener_exists REFERENCES users (id) ON DELETE RESTRICT,
  opened_at TIMESTAMP,
  status_note TEXT NOT NULL DEFAULT '',
  status_noted_at TIMESTAMP,
  ended_at TIMESTAMP,
  ending TEXT CONSTRAINT assignments_ending_known CHECK (ending IN ('recalled', 'reassigned')),
  CONSTRAINT assignments_opened_by_someone CHECK ((opened_by IS NULL) = (opened_at IS NULL)),
  CONSTRAINT assignments_ended_somehow CHECK ((ended_at IS NULL) = (ending IS NULL))
);
CREATE UNIQUE INDEX assignments_one_live ON assignments (lead_id) WHERE ended_at IS NULL;
CREATE INDEX assignments_by_lead ON assignments (lead_id, id);
CREATE INDEX assignments_by_partner ON assignments (partner_id, assigned_at, id) WHERE ended_at IS NULL;
CREATE INDEX assignments_by_user ON assignments (user_id, assigned_at, id) WHERE ended_at IS NULL;
CREATE INDEX assignments_unopened ON assignments (assigned_at, id) WHERE ended_at IS NULL AND opened_at IS NULL;
CREATE INDEX assignments_by_assigner ON assignments (assigned_by);
CREATE INDEX assignments_by_opener ON assignments (opened_by);

-- The net below the distribution gate: whatever the program does, no hand-over of a lead on hold is ever stored.
CREATE TRIGGER assignments_begin_cleared BEFORE INSERT ON assignments
WHEN NEW.ended_at IS NULL
BEGIN
  SELECT RAISE(ABORT, 'leadgate:on_hold')
  WHERE (SELECT track_permission FROM lead_distribution_settings WHERE id = 1)
    AND NOT EXISTS (SELECT 1 FROM confirmations WHERE lead_id = NEW.lead_id);
  SELECT RAISE(ABORT, 'leadgate:partner_cannot_receive')
  WHERE NOT EXISTS (SELECT 1 FROM partners WHERE id = NEW.partner_id AND state = 'active');
  SELECT RAISE(ABORT, 'leadgate:user_cannot_receive')
  WHERE NEW.user_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM users WHERE id = NEW.user_id AND partner_id = NEW.partner_id AND state = 'active');
END;
CREATE TRIGGER assignments_keep_their_subject BEFORE UPDATE OF lead_id, partner_id, user_id, assigned_by, assigned_at
ON assignments
BEGIN SELECT RAISE(ABORT, 'leadgate:assignment_is_final'); END;
CREATE TRIGGER assignments_never_revive BEFORE UPDATE OF ended_at, ending ON assignments
WHEN OLD.ended_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'leadgate:assignment_is_final'); END;
CREATE TRIGGER assignments_are_opened_once BEFORE UPDATE OF opened_at, opened_by ON assignments
BEGIN
  SELECT RAISE(ABORT, 'leadgate:assignment_is_final') WHERE OLD.opened_at IS NOT NULL OR OLD.ended_at IS NOT NULL;
  SELECT RAISE(ABORT, 'leadgate:on_hold')
  WHERE (SELECT track_permission FROM lead_distribution_settings WHERE id = 1)
    AND NOT EXISTS (SELECT 1 FROM confirmations WHERE lead_id = NEW.lead_id);
  SELECT RAISE(ABORT, 'leadgate:partner_cannot_receive')
  WHERE NOT EXISTS (SELECT 1 FROM partners WHERE id = NEW.partner_id AND state = 'active');
END;
CREATE TRIGGER assignments_go_only_with_the_lead BEFORE DELETE ON assignments
WHEN EXISTS (SELECT 1 FROM leads WHERE id = OLD.lead_id)
BEGIN SELECT RAISE(ABORT, 'leadgate:assignment_is_final'); END;

-- All that partner code may read: live, allowed at this moment, and nothing personal before the lead was opened.
CREATE VIEW partner_leads AS
SELECT
  a.id AS assignment_id, a.partner_id, a.user_id, a.assigned_at, a.opened_at, a.opened_by, a.status_note,
  a.status_noted_at, colleague.name AS colleague, opener.name AS opener,
  l.id AS lead_id, l.reference, l.country, l.product, l.status,
  CASE WHEN a.opened_at IS NULL THEN '' ELSE l.name_key END AS name_key,
  CASE WHEN a.opened_at IS NULL THEN '' ELSE l.search_text END AS search_text,
  CASE WHEN a.opened_at IS NULL THEN '' ELSE l.first_name END AS first_name,
  CASE WHEN a.opened_at IS NULL THEN '' ELSE l.last_name END AS last_name,
  CASE WHEN a.opened_at IS NULL THEN '' ELSE l.email END AS email,
  CASE WHEN a.opened_at IS NULL THEN '' ELSE l.phone END AS phone,
  CASE WHEN a.opened_at IS NULL THEN '' ELSE l.company END AS company,
  CASE WHEN a.opened_at IS NULL THEN '' ELSE l.job_title END AS job_title,
  CASE WHEN a.opened_at IS NULL THEN '' ELSE l.street END AS street,
  CASE WHEN a.opened_at IS NULL THEN '' ELSE l.city END AS city,
  CASE WHEN a.opened_at IS NULL THEN '' ELSE l.postal_code END AS postal_code,
  CASE WHEN a.opened_at IS NULL THEN '' ELSE l.region END AS region,
  CASE WHEN a.opened_at IS NULL THEN '' ELSE l.need END AS need
FROM assignments a
JOIN leads l ON l.id = a.lead_id
JOIN partners p ON p.id = a.partner_id
JOIN lead_distribution_settings s ON s.id = 1
LEFT JOIN users colleague ON colleague.id = a.user_id
LEFT JOIN users opener ON opener.id = a.opened_by
WHERE a.ended_at IS NULL
  AND p.state = 'active'
  AND (NOT s.track_permission OR l.has_confirmation OR (a.opened_at IS NOT NULL AND s.opened_leads = 'keep'));
