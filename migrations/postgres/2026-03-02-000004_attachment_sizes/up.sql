-- How many bytes the files of a partner have is asked before each new one: the index alone answers.
DROP INDEX attachments_by_partner;
CREATE INDEX attachments_by_partner ON attachments (partner_id, byte_count);
