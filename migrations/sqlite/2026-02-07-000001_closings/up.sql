DROP VIEW partner_leads;

-- How a hand-over ends in the partner's hands: closed, turned into a deal, declined; and what is to be done next.
CREATE TABLE closing_reasons (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  reference TEXT NOT NULL CONSTRAINT closing_reasons_reference_unique UNIQUE,
  outcome TEXT NOT NULL CONSTRAINT closing_reasons_outcome_known CHECK (outcome IN ('won', 'lost')),
  label TEXT NOT NULL,
  retired_at TIMESTAMP,
  CONSTRAINT closing_reasons_label_unique UNIQUE (outcome, label)
);
INSERT INTO closing_reasons (reference, outcome, label) VALUES
  ('3v0k9x6d1t8qf2mhz5c7wjr4ba', 'won', 'Best offer'),
  ('7gqn2c5z8yk1rv4x9ej3hd6mwt', 'won', 'Fits the need best'),
  ('1mw8t4hj6bz3xq9c2ykf7rv5dn', 'won', 'Knew us before'),
  ('9rd3f7kx2vq6hn1zj8tcw4ym5b', 'lost', 'Price'),
  ('5yb1zm9qg4tw7cj2r8vxk6hd3f', 'lost', 'Chose a competitor'),
  ('2xk6hv8n3dwq5zr1tm9cyjb7gf', 'lost', 'No budget'),
  ('8tc4jw1yf9mz6bk3qxh7dr2v5n', 'lost', 'Project stopped'),
  ('4hz7qd2rb5nx8vf1wkc9tm3yj6', 'lost', 'Could not be reached');

ALTER TABLE lead_distribution_settings ADD COLUMN closing_modes TEXT NOT NULL DEFAULT 'both'
  CONSTRAINT lead_distribution_settings_closing_known CHECK (closing_modes IN ('won', 'convert', 'both'));

ALTER TABLE assignments ADD COLUMN moved_by BIGINT CONSTRAINT assignments_mover_exists REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE assignments ADD COLUMN next_step TEXT NOT NULL DEFAULT '';
ALTER TABLE assignments ADD COLUMN next_step_on DATE;
ALTER TABLE assignments ADD COLUMN closed_at TIMESTAMP;
ALTER TABLE assignments ADD COLUMN closed_by BIGINT CONSTRAINT assignments_closer_exists REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE assignments ADD COLUMN closing_reason_id BIGINT
  CONSTRAINT assignments_closing_reason_exists REFERENCES closing_reasons (id) ON DELETE RESTRICT;
ALTER TABLE assignments ADD COLUMN closing_remark TEXT NOT NULL DEFAULT '';
-- In the smallest unit of the currency.
ALTER TABLE assignments ADD COLUMN deal_amount BIGINT CONSTRAINT assignments_deal_amount_positive CHECK (deal_amount > 0);
ALTER TABLE assignments ADD COLUMN deal_currency TEXT;
ALTER TABLE assignments ADD COLUMN deal_stage TEXT CONSTRAINT assignments_deal_stage_known
  CHECK (deal_stage IN ('qualified', 'proposal', 'negotiation', 'agreed', 'signed'));
ALTER TABLE assignments ADD COLUMN deal_expected_on DATE;
ALTER TABLE assignments ADD COLUMN declined_because TEXT CONSTRAINT assignments_declined_because_known CHECK (declined_because IN
  ('outside_area', 'no_capacity', 'not_our_product', 'already_customer', 'duplicate', 'need_unclear', 'other'));
ALTER TABLE assignments ADD COLUMN decline_remark TEXT NOT NULL DEFAULT '';

ALTER TABLE assignments DROP CONSTRAINT assignments_ending_known;
ALTER TABLE assignments ADD CONSTRAINT assignments_ending_known
  CHECK (ending IN ('recalled', 'reassigned', 'declined', 'expired'));
ALTER TABLE assignments ADD CONSTRAINT assignments_closed_by_someone
  CHECK ((closed_at IS NULL) = (closed_by IS NULL));
ALTER TABLE assignments ADD CONSTRAINT assignments_closed_after_opening
  CHECK (closed_at IS NULL OR opened_at IS NOT NULL);
ALTER TABLE assignments ADD CONSTRAINT assignments_reason_of_a_closing
  CHECK (closed_at IS NOT NULL OR (closing_reason_id IS NULL AND closing_remark = '' AND deal_amount IS NULL));
ALTER TABLE assignments ADD CONSTRAINT assignments_whole_deal
  CHECK ((deal_amount IS NULL) = (deal_currency IS NULL) AND (deal_amount IS NULL) = (deal_stage IS NULL)
    AND (deal_amount IS NULL) = (deal_expected_on IS NULL));
ALTER TABLE assignments ADD CONSTRAINT assignments_declined_for_a_reason
  CHECK ((ending IS NOT NULL AND ending = 'declined') = (declined_because IS NOT NULL));
ALTER TABLE assignments ADD CONSTRAINT assignments_declined_in_words
  CHECK (declined_because IS NOT NULL OR decline_remark = '');
CREATE INDEX assignments_by_mover ON assignments (moved_by);
CREATE INDEX assignments_by_closer ON assignments (closed_by);
CREATE INDEX assignments_by_closing_reason ON assignments (closing_reason_id);
CREATE INDEX assignments_by_closing ON assignments (closed_at, id) WHERE closed_at IS NOT NULL;
CREATE INDEX assignments_by_next_step ON assignments (partner_id, next_step_on, id)
  WHERE ended_at IS NULL AND next_step_on IS NOT NULL;

-- One that has ended can't be closed.
CREATE TRIGGER assignments_close_while_live BEFORE UPDATE OF closed_at ON assignments
WHEN OLD.ended_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'leadgate:assignment_is_final'); END;

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
