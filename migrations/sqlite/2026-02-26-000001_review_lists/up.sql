CREATE INDEX leads_not_distributed ON leads (created_at, id) WHERE has_confirmation = FALSE AND status = 'unassigned';
CREATE INDEX leads_with_partner_unconfirmed ON leads (created_at, id) WHERE has_confirmation = FALSE AND status <> 'unassigned';
