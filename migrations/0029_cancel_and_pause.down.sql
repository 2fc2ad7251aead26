select set_config('timewire.installations', 'all', true);
-- As the version before leaves them when an add-on is uninstalled.
update step set state = 'running', finished_at = null where state = 'cancelled';
update attempt set state = 'started', finished_at = null where state = 'uncertain';
-- The version before knows no pause: it goes on.
update job set state = 'available', due_at = now() where paused and finished_at is null and state <> 'executing';
-- It reads no other kind of step.
delete from step where kind <> 'action';
alter table job drop column paused;
alter table step drop constraint step_state_check,
  add constraint step_state_check check (state in ('running', 'completed', 'failed')) not valid,
  drop column kind,
  drop column parent_path,
  drop column decision,
  alter column action set not null;
alter table attempt drop constraint attempt_state_check,
  add constraint attempt_state_check check (state in ('started', 'succeeded', 'failed', 'snoozed')) not valid;
