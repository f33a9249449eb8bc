-- The import that a lead came in with; none for what was typed in.
ALTER TABLE leads ADD COLUMN import_id BIGINT CONSTRAINT leads_import_exists REFERENCES imports (id) ON DELETE SET NULL;

-- What came in before this column: its history names the import.
UPDATE leads SET import_id = (
  SELECT imports.id FROM audit_events JOIN imports ON imports.reference = substr(audit_events.detail, 8)
  WHERE audit_events.subject = 'lead' AND audit_events.subject_id = leads.id AND audit_events.action = 'lead.imported'
) WHERE id IN (SELECT subject_id FROM audit_events WHERE action = 'lead.imported' AND detail LIKE 'import %');

CREATE INDEX leads_by_import ON leads (import_id, created_at, id) WHERE import_id IS NOT NULL;
CREATE INDEX leads_by_import_and_name ON leads (import_id, name_key, id) WHERE import_id IS NOT NULL;
