-- When a schedule was last switched on: a run that failed before does not pause it again.
alter table workflow_schedule add column resumed_at timestamptz;
