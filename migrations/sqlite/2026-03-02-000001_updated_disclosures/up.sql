-- Staff change a lead that a partner has opened: what it reads from then on is a disclosure of its own.
ALTER TABLE disclosures DROP CONSTRAINT disclosures_act_known;
ALTER TABLE disclosures ADD CONSTRAINT disclosures_act_known CHECK (act IN ('assigned', 'opened', 'downloaded', 'updated'));
