select set_config('timewire.installations', 'all', true);
-- The version before reads outputs from the step's row, whatever their size.
update step set output = output.body::jsonb
  from output where output.run_id = step.run_id and output.id = step.output_ref;
insert into attempt (installation_id, run_id, path, number, state, request, http_status, started_at, finished_at)
  select installation_id, run_id, path, attempts, case state when 'completed' then 'succeeded' else 'started' end, request,
    http_status, started_at, case state when 'completed' then finished_at end
  from step where called;
alter table step drop column output_ref, drop column output_bytes, drop column called, drop column request,
  drop column http_status;
drop table output;

alter table run drop constraint run_trigger_kind_check, add constraint run_trigger_kind_check
  check (trigger_kind in ('event', 'schedule', 'manual', 'api', 'flow', 'replay')) not valid;
alter table step drop constraint step_state_check, add constraint step_state_check
  check (state in ('running', 'completed', 'failed', 'cancelled')) not valid;
alter table attempt drop constraint attempt_state_check, add constraint attempt_state_check
  check (state in ('started', 'succeeded', 'failed', 'snoozed', 'uncertain')) not valid;
