-- How a run began: by an event or a replay as before, or without an event (a schedule, the API, another flow, a person).

-- start_key says what the run was started for: it is started once, whoever asks twice. 'event:<event>/<flow>/<replay>' of an
-- event or a replay, which unique (event_id, flow_id, replay) holds; rows of before have null there, for the same three numbers.
alter table run
  alter column event_id drop not null,
  add column if not exists start_key text,
  add column if not exists trigger_kind text not null default 'event',
  -- What the flow finds at $.webhook; null: the event's body.
  add column input jsonb,
  -- Of a run that another one started, with the path of the step that did.
  add column parent_run_id uuid,
  add column parent_path text,
  add column depth int not null default 0,
  add column deadline_at timestamptz,
  -- When a person cancelled the run, and who: a Clockify user id, or the name of an operator's key.
  add column cancel_requested_at timestamptz,
  add column cancel_requested_by text,
  -- While it is paused: since when, by whom, and when its job would be due.
  add column paused_at timestamptz,
  add column paused_by text,
  add column resume_due_at timestamptz;
alter table run add constraint run_trigger_kind_check
  check (trigger_kind in ('event', 'schedule', 'manual', 'api', 'flow', 'replay')) not valid;

-- It names no row of before. On a large table it is made outside, with the two columns that it needs (CHANGELOG.md).
create unique index if not exists run_start on run (installation_id, start_key)
  where trigger_kind not in ('event', 'replay');
