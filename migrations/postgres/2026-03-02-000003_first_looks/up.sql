-- Whoever reads a lead that a colleague opened, or its name in a list, sees it too: the first look of each person is a
-- disclosure, once for what was shown.
ALTER TABLE disclosures DROP CONSTRAINT disclosures_act_known;
ALTER TABLE disclosures ADD CONSTRAINT disclosures_act_known
  CHECK (act IN ('assigned', 'opened', 'viewed', 'listed', 'downloaded', 'updated'));
CREATE UNIQUE INDEX disclosures_first_looks ON disclosures (assignment_id, user_id, act, fields)
  WHERE act IN ('viewed', 'listed');
CREATE INDEX disclosures_by_assignment ON disclosures (assignment_id, user_id);
