-- By whose clock a partner works, and who among staff looks after it.
ALTER TABLE partners ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE partners ADD COLUMN channel_manager_id BIGINT
  CONSTRAINT partners_channel_manager_exists REFERENCES users (id) ON DELETE RESTRICT;
CREATE INDEX partners_by_channel_manager ON partners (channel_manager_id);

-- Working days; nothing where there is no such deadline. Assignments after `catch_up_after` still wait for theirs.
CREATE TABLE deadline_settings (
  id BIGINT PRIMARY KEY NOT NULL CONSTRAINT deadline_settings_one_row CHECK (id = 1),
  open_within BIGINT CONSTRAINT deadline_settings_open_within_sane CHECK (open_within BETWEEN 1 AND 90),
  first_update_within BIGINT CONSTRAINT deadline_settings_first_update_sane CHECK (first_update_within BETWEEN 1 AND 90),
  update_every BIGINT CONSTRAINT deadline_settings_update_every_sane CHECK (update_every BETWEEN 1 AND 90),
  catch_up_after BIGINT,
  lock_version BIGINT NOT NULL DEFAULT 1
);
INSERT INTO deadline_settings (id) VALUES (1);

-- What whoever holds a lead owes next; at most one for an assignment. It keeps the days that it began with.
CREATE TABLE deadlines (
  assignment_id BIGINT PRIMARY KEY NOT NULL
    CONSTRAINT deadlines_assignment_exists REFERENCES assignments (id) ON DELETE CASCADE,
  duty TEXT NOT NULL CONSTRAINT deadlines_duty_known CHECK (duty IN ('open', 'first_update', 'update')),
  days BIGINT NOT NULL,
  reminders BIGINT NOT NULL DEFAULT 0,
  four_fifths_at TIMESTAMP NOT NULL,
  due_at TIMESTAMP NOT NULL,
  next_at TIMESTAMP NOT NULL
);
CREATE INDEX deadlines_by_next ON deadlines (next_at, assignment_id);
CREATE INDEX deadlines_by_duty ON deadlines (duty);
