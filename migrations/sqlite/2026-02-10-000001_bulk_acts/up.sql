-- What somebody does to many leads at once, carried out lead by lead in the background.
CREATE TABLE bulk_acts (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  reference TEXT NOT NULL CONSTRAINT bulk_acts_reference_unique UNIQUE,
  user_id BIGINT NOT NULL CONSTRAINT bulk_acts_user_exists REFERENCES users (id) ON DELETE RESTRICT,
  kind TEXT NOT NULL CONSTRAINT bulk_acts_kind_known CHECK (kind IN ('assign', 'recall', 'remind')),
  -- Who receives the leads, where they are assigned.
  partner_id BIGINT CONSTRAINT bulk_acts_partner_exists REFERENCES partners (id) ON DELETE RESTRICT,
  recipient_id BIGINT CONSTRAINT bulk_acts_recipient_exists REFERENCES users (id) ON DELETE RESTRICT,
  state TEXT NOT NULL CONSTRAINT bulk_acts_state_known CHECK (state IN ('running', 'done', 'stopped', 'halted')),
  lead_count BIGINT NOT NULL,
  done_count BIGINT NOT NULL DEFAULT 0,
  refused_count BIGINT NOT NULL DEFAULT 0,
  lease_until TIMESTAMP,
  lease_token TEXT,
  created_at TIMESTAMP NOT NULL,
  finished_at TIMESTAMP,
  CONSTRAINT bulk_acts_add_up CHECK (done_count + refused_count <= lead_count),
  CONSTRAINT bulk_acts_recipient_fits CHECK ((kind = 'assign') = (partner_id IS NOT NULL))
);
CREATE INDEX bulk_acts_by_user ON bulk_acts (user_id, id);
CREATE INDEX bulk_acts_by_partner ON bulk_acts (partner_id);
CREATE INDEX bulk_acts_by_recipient ON bulk_acts (recipient_id);
CREATE INDEX bulk_acts_by_state ON bulk_acts (state, id);

-- The leads of a bulk act in their order, and what became of each. An erased lead leaves its place.
CREATE TABLE bulk_act_leads (
  bulk_act_id BIGINT NOT NULL CONSTRAINT bulk_act_leads_act_exists REFERENCES bulk_acts (id) ON DELETE CASCADE,
  position BIGINT NOT NULL,
  lead_id BIGINT CONSTRAINT bulk_act_leads_lead_exists REFERENCES leads (id) ON DELETE SET NULL,
  outcome TEXT NOT NULL CONSTRAINT bulk_act_leads_outcome_known CHECK (outcome IN ('waiting', 'done', 'refused')),
  -- Why it was refused; never what a lead's fields say.
  reason TEXT NOT NULL DEFAULT '',
  CONSTRAINT bulk_act_leads_primary PRIMARY KEY (bulk_act_id, position)
);
CREATE INDEX bulk_act_leads_by_outcome ON bulk_act_leads (bulk_act_id, outcome, position);
CREATE INDEX bulk_act_leads_by_lead ON bulk_act_leads (lead_id);
