-- Where a message goes that tells the former address of an account of the change; kept no longer than it is needed.
ALTER TABLE outbox ADD COLUMN former_address TEXT
  CONSTRAINT outbox_former_address_while_needed CHECK (former_address IS NULL OR state IN ('waiting', 'failed'));
