DROP INDEX leads_by_partner;
CREATE INDEX leads_by_partner ON leads (partner_id, created_at, id, status, has_confirmation, country, source);
DROP INDEX leads_by_partner_and_name;
CREATE INDEX leads_by_partner_and_name ON leads (partner_id, name_key, id);
