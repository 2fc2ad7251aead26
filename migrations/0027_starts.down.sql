select set_config('timewire.installations', 'all', true);
-- The version before reads no run without its event.
delete from step using run where run.event_id is null and step.installation_id = run.installation_id and step.run_id = run.id;
delete from attempt using run
  where run.event_id is null and attempt.installation_id = run.installation_id and attempt.run_id = run.id;
delete from job using run
  where run.event_id is null and job.installation_id = run.installation_id and job.kind = 'run'
    and job.payload = jsonb_build_object('run_id', run.id::text);
delete from run where event_id is null;
drop index run_start;
alter table run
  alter column event_id set not null,
  drop column start_key,
  drop column trigger_kind,
  drop column input,
  drop column parent_run_id,
  drop column parent_path,
  drop column depth,
  drop column deadline_at,
  drop column cancel_requested_at,
  drop column cancel_requested_by,
  drop column paused_at,
  drop column paused_by,
  drop column resume_due_at;
