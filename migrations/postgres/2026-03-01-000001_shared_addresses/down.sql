DROP INDEX outbox_to_people;
DROP INDEX outbox_by_shared_address;
-- Without their address these would go to somebody else.
UPDATE outbox SET state = 'cancelled'
  WHERE shared_address IS NOT NULL AND (state = 'collected' OR (kind = 'digest' AND state = 'waiting'));
UPDATE outbox SET former_address = shared_address, shared_address = NULL
  WHERE shared_address IS NOT NULL AND state IN ('waiting', 'failed');
ALTER TABLE outbox DROP COLUMN shared_address;
