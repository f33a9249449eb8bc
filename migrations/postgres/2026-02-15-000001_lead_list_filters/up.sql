-- Who holds a lead, and since when nothing was heard of one that is open: what the list of leads is narrowed by.
CREATE INDEX assignments_by_holder ON assignments (partner_id, user_id, assigned_at, id) WHERE ended_at IS NULL;
CREATE INDEX assignments_by_update ON assignments (COALESCE(status_noted_at, opened_at), id)
  WHERE ended_at IS NULL AND opened_at IS NOT NULL AND closed_at IS NULL;
