-- A partner moves a lead to a colleague. For that person it is unopened again, and yet the partner has the data already:
-- what may become of it while its permission is reviewed is decided as if the lead were still open.
DROP VIEW partner_leads;
ALTER TABLE assignments ADD COLUMN was_opened BOOLEAN NOT NULL DEFAULT FALSE;
CREATE OR REPLACE FUNCTION assignments_need_clearance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE tracking BOOLEAN;
  opened TEXT;
BEGIN
  SELECT track_permission, opened_leads INTO STRICT tracking, opened FROM lead_distribution_settings WHERE id = 1 FOR SHARE;
  PERFORM 1 FROM leads WHERE id = NEW.lead_id FOR UPDATE;
  IF tracking AND NOT EXISTS (SELECT 1 FROM confirmations WHERE lead_id = NEW.lead_id)
    AND NOT (NEW.was_opened AND opened = 'keep') THEN
    RAISE EXCEPTION 'leadgate:on_hold' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'INSERT' AND NEW.was_opened AND NOT EXISTS (
    SELECT 1 FROM assignments before WHERE before.lead_id = NEW.lead_id AND before.partner_id = NEW.partner_id
      AND before.ending = 'reassigned' AND before.ended_at = NEW.assigned_at
      AND (before.opened_at IS NOT NULL OR before.was_opened)) THEN
    RAISE EXCEPTION 'leadgate:on_hold' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM 1 FROM partners WHERE id = NEW.partner_id AND state = 'active' FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'leadgate:partner_cannot_receive' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'INSERT' AND NEW.user_id IS NOT NULL THEN
    PERFORM 1 FROM users WHERE id = NEW.user_id AND partner_id = NEW.partner_id AND state = 'active' FOR SHARE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'leadgate:user_cannot_receive' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER assignments_keep_what_was BEFORE UPDATE OF was_opened ON assignments
FOR EACH ROW EXECUTE FUNCTION leadgate_refuse('leadgate:assignment_is_final');

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
  AND (NOT s.track_permission OR l.has_confirmation OR ((a.opened_at IS NOT NULL OR a.was_opened) AND s.opened_leads = 'keep'));
