-- A change was another look at an opened lead; the ledger keeps its rows.
DROP TRIGGER disclosures_never_change;
UPDATE disclosures SET act = 'opened' WHERE act = 'updated';
CREATE TRIGGER disclosures_never_change BEFORE UPDATE ON disclosures
BEGIN SELECT RAISE(ABORT, 'leadgate:ledger_is_final'); END;
ALTER TABLE disclosures DROP CONSTRAINT disclosures_act_known;
ALTER TABLE disclosures ADD CONSTRAINT disclosures_act_known CHECK (act IN ('assigned', 'opened', 'downloaded'));
