-- A look was another look at an opened lead; the ledger keeps its rows.
DROP INDEX disclosures_by_assignment;
DROP INDEX disclosures_first_looks;
DROP TRIGGER disclosures_never_change ON disclosures;
UPDATE disclosures SET act = 'opened' WHERE act IN ('viewed', 'listed');
CREATE TRIGGER disclosures_never_change BEFORE UPDATE OR DELETE ON disclosures
FOR EACH ROW EXECUTE FUNCTION leadgate_refuse('leadgate:ledger_is_final');
ALTER TABLE disclosures DROP CONSTRAINT disclosures_act_known;
ALTER TABLE disclosures ADD CONSTRAINT disclosures_act_known CHECK (act IN ('assigned', 'opened', 'downloaded', 'updated'));
