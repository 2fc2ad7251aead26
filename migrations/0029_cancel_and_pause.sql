-- Runs that a person cancels or pauses, and steps that hold others.

-- A paused run's job: no step begins under a claim of it. It stands here, beside the fence, since a record locks this row.
alter table job add column paused boolean not null default false;

-- cancelled: its run was, while the step was open.
alter table step drop constraint step_state_check,
  add constraint step_state_check check (state in ('running', 'completed', 'failed', 'cancelled')) not valid,
  -- What the step is; one that holds others has no action, and each of those names it as its parent.
  add column kind text not null default 'action',
  add column parent_path text,
  -- What was decided once for all walks of the run: the branch that was taken, the list that a loop goes over.
  add column decision jsonb,
  alter column action drop not null;

-- uncertain: it was under way when its run was cancelled, and its answer was not awaited.
alter table attempt drop constraint attempt_state_check,
  add constraint attempt_state_check check (state in ('started', 'succeeded', 'failed', 'snoozed', 'uncertain')) not valid;
