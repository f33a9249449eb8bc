-- Two filters together are answered by the index of one of them: it holds what the others ask.
DROP INDEX leads_by_status;
CREATE INDEX leads_by_status ON leads (status, created_at, id, has_confirmation, country, source, partner_id);
DROP INDEX leads_by_permission;
CREATE INDEX leads_by_permission ON leads (has_confirmation, created_at, id, status, country, source, partner_id);
DROP INDEX leads_by_permission_and_status;
CREATE INDEX leads_by_permission_and_status ON leads (has_confirmation, status, created_at, id, country, source, partner_id);
DROP INDEX leads_by_partner;
CREATE INDEX leads_by_partner ON leads (partner_id, created_at, id, status, has_confirmation, country, source);
DROP INDEX leads_by_country;
CREATE INDEX leads_by_country ON leads (country, created_at, id, status, has_confirmation, source, partner_id);
DROP INDEX leads_by_source;
CREATE INDEX leads_by_source ON leads (source, created_at, id, status, has_confirmation, country, partner_id);
