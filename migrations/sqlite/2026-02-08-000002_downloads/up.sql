ALTER TABLE disclosures DROP CONSTRAINT disclosures_act_known;
ALTER TABLE disclosures ADD CONSTRAINT disclosures_act_known CHECK (act IN ('assigned', 'opened', 'downloaded'));
