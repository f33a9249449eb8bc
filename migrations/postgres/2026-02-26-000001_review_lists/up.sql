CREATE INDEX leads_in_review ON leads (
  (CASE WHEN has_confirmation THEN NULL WHEN status = 'unassigned' THEN 'not_distributed' ELSE 'with_partner' END), created_at, id
) WHERE CASE WHEN has_confirmation THEN NULL WHEN status = 'unassigned' THEN 'not_distributed' ELSE 'with_partner' END IS NOT NULL;
CREATE INDEX assignments_closed_by_partner ON assignments (partner_id, assigned_at, id)
  WHERE ended_at IS NULL AND closed_at IS NOT NULL;
