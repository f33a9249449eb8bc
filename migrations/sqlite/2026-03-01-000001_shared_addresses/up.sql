-- Where a message goes that is for an address of the settings (a shared mailbox) and not for its recipient's account. It
-- belongs to nobody, so it is kept.
ALTER TABLE outbox ADD COLUMN shared_address TEXT
  CONSTRAINT outbox_one_other_address CHECK (shared_address IS NULL OR former_address IS NULL);
UPDATE outbox SET shared_address = former_address, former_address = NULL
  WHERE former_address IS NOT NULL AND kind <> 'account.address_left';
CREATE INDEX outbox_by_shared_address ON outbox (shared_address, id) WHERE shared_address IS NOT NULL;
CREATE INDEX outbox_to_people ON outbox (recipient_id, id) WHERE shared_address IS NULL;
