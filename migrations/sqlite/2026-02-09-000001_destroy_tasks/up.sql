-- What a partner is asked to do with its copies of a lead that was deleted. It names nobody, and outlives the lead.
CREATE TABLE destroy_tasks (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  reference TEXT NOT NULL CONSTRAINT destroy_tasks_reference_unique UNIQUE,
  partner_id BIGINT NOT NULL CONSTRAINT destroy_tasks_partner_exists REFERENCES partners (id) ON DELETE RESTRICT,
  holder_id BIGINT CONSTRAINT destroy_tasks_holder_exists REFERENCES users (id) ON DELETE RESTRICT,
  product TEXT NOT NULL,
  received_at TIMESTAMP NOT NULL,
  opened_at TIMESTAMP NOT NULL,
  asked_by BIGINT NOT NULL CONSTRAINT destroy_tasks_asker_exists REFERENCES users (id) ON DELETE RESTRICT,
  asked_at TIMESTAMP NOT NULL,
  told BIGINT NOT NULL DEFAULT 0,
  tell_at TIMESTAMP,
  answer TEXT CONSTRAINT destroy_tasks_answer_known CHECK (answer IN ('destroyed', 'kept')),
  remark TEXT NOT NULL DEFAULT '',
  answered_by BIGINT CONSTRAINT destroy_tasks_answerer_exists REFERENCES users (id) ON DELETE RESTRICT,
  answered_at TIMESTAMP,
  CONSTRAINT destroy_tasks_answered_by_someone CHECK ((answer IS NULL) = (answered_by IS NULL) AND (answer IS NULL) = (answered_at IS NULL)),
  CONSTRAINT destroy_tasks_kept_for_a_reason CHECK (answer IS NULL OR answer <> 'kept' OR remark <> ''),
  CONSTRAINT destroy_tasks_answered_is_told_no_more CHECK (answer IS NULL OR tell_at IS NULL)
);
CREATE INDEX destroy_tasks_open ON destroy_tasks (id) WHERE answer IS NULL;
CREATE INDEX destroy_tasks_by_answer ON destroy_tasks (answer, id);
CREATE INDEX destroy_tasks_by_partner ON destroy_tasks (partner_id, answer, id);
CREATE INDEX destroy_tasks_by_holder ON destroy_tasks (holder_id, answer, id);
CREATE INDEX destroy_tasks_by_asker ON destroy_tasks (asked_by);
CREATE INDEX destroy_tasks_by_answerer ON destroy_tasks (answered_by);
CREATE INDEX destroy_tasks_to_tell ON destroy_tasks (tell_at, id) WHERE tell_at IS NOT NULL;

-- A message or a notice is about an assignment or about a task, whichever it names.
ALTER TABLE outbox ADD COLUMN destroy_task_id BIGINT CONSTRAINT outbox_destroy_task_exists REFERENCES destroy_tasks (id) ON DELETE CASCADE;
CREATE INDEX outbox_by_destroy_task ON outbox (destroy_task_id);
ALTER TABLE notices ADD COLUMN destroy_task_id BIGINT CONSTRAINT notices_destroy_task_exists REFERENCES destroy_tasks (id) ON DELETE CASCADE;
CREATE INDEX notices_by_destroy_task ON notices (destroy_task_id);
ALTER TABLE notices ALTER COLUMN assignment_id DROP NOT NULL;
ALTER TABLE notices ADD CONSTRAINT notices_about_one_thing CHECK ((assignment_id IS NULL) <> (destroy_task_id IS NULL));

-- A product that several leads name tells nothing about one of them; whether there are others is asked at each deletion.
CREATE INDEX leads_by_product ON leads (product, id);
