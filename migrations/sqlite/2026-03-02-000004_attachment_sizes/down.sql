DROP INDEX attachments_by_partner;
CREATE INDEX attachments_by_partner ON attachments (partner_id);
