select set_config('timewire.installations', 'all', true);
drop trigger run_changed on run;
drop trigger run_noted on workflow_run;
drop function timewire_run_changed();
drop function timewire_run_noted();
drop function timewire_send_status(run, text);
drop function timewire_run_word(text);
alter table breaker drop column trials, drop column answered;
-- The version before has no handler of them.
delete from job where kind in ('webhook', 'schedule_pause');
drop table webhook_delivery;
alter table run_webhook drop column description, drop column revision, drop column updated_at, drop column fault;
-- Its index goes with it.
alter table workflow_run drop column workflow_schedule_id;
drop table schedule_firing;
-- The slots of what is dropped: a flow that a workflow is would fire them as its own.
delete from schedule using workflow_schedule where workflow_schedule.schedule_id = schedule.id;
drop table workflow_schedule;
