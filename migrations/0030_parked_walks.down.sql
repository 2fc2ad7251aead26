select set_config('timewire.installations', 'all', true);
-- What waits for a signal alone has no time that the version before would come to.
update job set due_at = now() where finished_at is null and state = 'scheduled' and not paused and due_at > now() + interval '50 years';
drop table signal;
drop table wait;
alter table step drop column due_at;
alter table job drop column wakes;
