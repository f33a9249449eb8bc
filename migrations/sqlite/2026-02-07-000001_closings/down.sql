DROP VIEW partner_leads;
-- An older program knows no other endings.
DROP TRIGGER assignments_never_revive;
UPDATE assignments SET ending = 'recalled', declined_because = NULL, decline_remark = ''
WHERE ending IN ('declined', 'expired');
CREATE TRIGGER assignments_never_revive BEFORE UPDATE OF ended_at, ending ON assignments
WHEN OLD.ended_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'leadgate:assignment_is_final'); END;
DROP TRIGGER assignments_close_while_live;
DROP INDEX assignments_by_next_step;
DROP INDEX assignments_by_closing;
DROP INDEX assignments_by_closing_reason;
DROP INDEX assignments_by_closer;
DROP INDEX assignments_by_mover;
ALTER TABLE assignments DROP CONSTRAINT assignments_declined_in_words;
ALTER TABLE assignments DROP CONSTRAINT assignments_declined_for_a_reason;
ALTER TABLE assignments DROP CONSTRAINT assignments_whole_deal;
ALTER TABLE assignments DROP CONSTRAINT assignments_reason_of_a_closing;
ALTER TABLE assignments DROP CONSTRAINT assignments_closed_after_opening;
ALTER TABLE assignments DROP CONSTRAINT assignments_closed_by_someone;
ALTER TABLE assignments DROP CONSTRAINT assignments_ending_known;
ALTER TABLE assignments ADD CONSTRAINT assignments_ending_known CHECK (ending IN ('recalled', 'reassigned'));
ALTER TABLE assignments DROP COLUMN decline_remark;
ALTER TABLE assignments DROP COLUMN declined_because;
ALTER TABLE assignments DROP COLUMN deal_expected_on;
ALTER TABLE assignments DROP COLUMN deal_stage;
ALTER TABLE assignments DROP COLUMN deal_currency;
ALTER TABLE assignments DROP COLUMN deal_amount;
ALTER TABLE assignments DROP COLUMN closing_remark;
ALTER TABLE assignments DROP COLUMN closing_reason_id;
ALTER TABLE assignments DROP COLUMN closed_by;
ALTER TABLE assignments DROP COLUMN closed_at;
ALTER TABLE assignments DROP COLUMN next_step_on;
ALTER TABLE assignments DROP COLUMN next_step;
ALTER TABLE assignments DROP COLUMN moved_by;
ALTER TABLE lead_distribution_settings DROP COLUMN closing_modes;
DROP TABLE closing_reasons;

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
