DROP TABLE erasures_to_scrub;
DROP TABLE submissions;
DROP TABLE outbox;
DROP TABLE audit_events;
DROP TABLE disclosures;
