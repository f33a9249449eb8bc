-- By whose clock somebody reads. Nothing means that of the partner, or UTC where there is none.
ALTER TABLE users ADD COLUMN time_zone TEXT
  CONSTRAINT users_time_zone_length CHECK (length(time_zone) BETWEEN 1 AND 64);
