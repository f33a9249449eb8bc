DROP VIEW partner_leads;
DROP TRIGGER assignments_begin_cleared;
DROP TRIGGER assignments_are_opened_once;
DROP TRIGGER assignments_keep_what_was;
ALTER TABLE assignments DROP COLUMN was_opened;
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
CREATE TRIGGER assignments_are_opened_once BEFORE UPDATE OF opened_at, opened_by ON assignments
BEGIN
  SELECT RAISE(ABORT, 'leadgate:assignment_is_final') WHERE OLD.opened_at IS NOT NULL OR OLD.ended_at IS NOT NULL;
  SELECT RAISE(ABORT, 'leadgate:on_hold')
  WHERE (SELECT track_permission FROM lead_distribution_settings WHERE id = 1)
    AND NOT EXISTS (SELECT 1 FROM confirmations WHERE lead_id = NEW.lead_id);
  SELECT RAISE(ABORT, 'leadgate:partner_cannot_receive')
  WHERE NOT EXISTS (SELECT 1 FROM partners WHERE id = NEW.partner_id AND state = 'active');
END;

-- All that partner code may read: live, allowed at this moment, and nothing personal before the lead was opened.
CREATE VIEW partner_leads AS
SELECT
  a.id AS assignment_id, a.partner_id, a.user_id, a.assigned_at, a.opened_at, a.opened_by, a.status_note,
  a.status_noted_at, a.next_step, a.next_step_on, a.closed_at, closer.name AS closer, reason.label AS closing_reason,
  a.closing_remark, a.deal_amount, a.deal_currency, a.deal_stage, a.deal_expected_on,
  colleague.name AS colleague, opener.name AS opener,
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
LEFT JOIN users closer ON closer.id = a.closed_by
LEFT JOIN closing_reasons reason ON reason.id = a.closing_reason_id
WHERE a.ended_at IS NULL
  AND p.state = 'active'
  AND (NOT s.track_permission OR l.has_confirmation OR (a.opened_at IS NOT NULL AND s.opened_leads = 'keep'));
