-- A look was another look at an opened lead; the ledger keeps its rows.
DROP INDEX disclosures_by_assignment;
DROP INDEX disclosures_first_looks;
DROP TRIGGER disclosures_never_change;
UPDATE disclosures SET act = 'opened' WHERE act IN ('viewed', 'listed');
CREATE TRIGGER disclosures_never_change BEFORE UPDATE ON disclosures
BEGIN SELECT RAISE(ABORT, 'leadgate:ledger_is_final'); END;
ALTER TABLE disclosures DROP CONSTRAINT disclosures_act_known;
ALTER TABLE disclosures ADD CONSTRAINT disclosures_act_known CHECK (act IN ('assigned', 'opened', 'downloaded', 'updated'));
