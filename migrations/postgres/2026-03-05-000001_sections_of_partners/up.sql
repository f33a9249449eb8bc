-- Beside each hand-over, whether its lead is confirmed: what a partner may see is then decided and counted without reading
-- the leads themselves. The database alone writes it, from the lead.
DROP VIEW partner_leads;
ALTER TABLE assignments ADD COLUMN has_confirmation BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE assignments SET has_confirmation = TRUE WHERE lead_id IN (SELECT id FROM leads WHERE has_confirmation);

-- The trigger that comes before this one by its name has locked the lead.
CREATE FUNCTION assignments_take_the_confirmation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.has_confirmation := (SELECT has_confirmation FROM leads WHERE id = NEW.lead_id);
  RETURN NEW;
END $$;
CREATE TRIGGER assignments_take_the_confirmation BEFORE INSERT ON assignments
FOR EACH ROW EXECUTE FUNCTION assignments_take_the_confirmation();

CREATE FUNCTION leads_hand_on_the_confirmation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE assignments SET has_confirmation = TRUE WHERE lead_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER leads_hand_on_the_confirmation AFTER UPDATE OF has_confirmation ON leads
FOR EACH ROW WHEN (NEW.has_confirmation AND NOT OLD.has_confirmation) EXECUTE FUNCTION leads_hand_on_the_confirmation();

CREATE FUNCTION assignments_are_confirmed_with_the_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.has_confirmation <> (SELECT has_confirmation FROM leads WHERE id = NEW.lead_id) THEN
    RAISE EXCEPTION 'leadgate:confirmation_is_missing' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER assignments_are_confirmed_with_the_lead BEFORE UPDATE OF has_confirmation ON assignments
FOR EACH ROW EXECUTE FUNCTION assignments_are_confirmed_with_the_lead();

-- Each list of a partner is led by its index, and counted in it alone.
CREATE INDEX assignments_in_sections_of_partner ON assignments (
  partner_id, (CASE WHEN opened_at IS NULL THEN 'waiting' WHEN closed_at IS NULL THEN 'open' ELSE 'closed' END),
  assigned_at, id, user_id, has_confirmation, was_opened, opened_at, closed_at, ended_at
) WHERE ended_at IS NULL;
CREATE INDEX assignments_in_sections_of_holder ON assignments (
  partner_id, user_id, (CASE WHEN opened_at IS NULL THEN 'waiting' WHEN closed_at IS NULL THEN 'open' ELSE 'closed' END),
  assigned_at, id, has_confirmation, was_opened, opened_at, closed_at, ended_at
) WHERE ended_at IS NULL;
DROP INDEX assignments_closed_by_partner;
DROP INDEX assignments_live_by_partner;

-- All that partner code may read: live, allowed at this moment, and nothing personal before the lead was opened.
CREATE VIEW partner_leads AS
SELECT
  a.id AS assignment_id, a.partner_id, a.user_id, a.assigned_at, a.opened_at, a.opened_by, a.status_note,
  a.status_noted_at, a.next_step, a.next_step_on, a.closed_at, closer.name AS closer, reason.label AS closing_reason,
  a.closing_remark, a.deal_amount, a.deal_currency, a.deal_stage, a.deal_expected_on,
  d.duty, d.four_fifths_at AS due_soon_at, d.due_at, p.time_zone,
  a.asked_at, a.cycle_answer, a.answer_remark, a.answered_at, answerer.name AS answerer,
  colleague.name AS colleague, opener.name AS opener,
  CASE WHEN a.opened_at IS NULL THEN 'waiting' WHEN a.closed_at IS NULL THEN 'open' ELSE 'closed' END AS section,
  a.lead_id, l.reference, l.country, l.product, l.status,
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
JOIN partners p ON p.id = a.partner_id
JOIN lead_distribution_settings s ON s.id = 1
LEFT JOIN deadlines d ON d.assignment_id = a.id
LEFT JOIN leads l ON l.id = a.lead_id
LEFT JOIN users colleague ON colleague.id = a.user_id
LEFT JOIN users opener ON opener.id = a.opened_by
LEFT JOIN users closer ON closer.id = a.closed_by
LEFT JOIN users answerer ON answerer.id = a.answered_by
LEFT JOIN closing_reasons reason ON reason.id = a.closing_reason_id
WHERE a.ended_at IS NULL
  AND p.state = 'active'
  AND (NOT s.track_permission OR a.has_confirmation OR ((a.opened_at IS NOT NULL OR a.was_opened) AND s.opened_leads = 'keep'));
