DROP INDEX leads_by_import_and_name;
DROP INDEX leads_by_import;
ALTER TABLE leads DROP COLUMN import_id;
