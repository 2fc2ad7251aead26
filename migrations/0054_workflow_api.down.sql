drop table kafka_outbox;
drop table run_webhook;
drop table api_audit;
drop table api_token_revoked;
drop table api_key;
drop table api_user;
drop table workflow_run;
drop table workflow_version;
drop table workflow;
drop table agent;
-- What is left of its runs, schedules and plans.
select set_config('timewire.installations', 'all', true);
delete from installation where addon = 'workflow_api';
