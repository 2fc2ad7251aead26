drop index job_open_run;
alter table job drop column run_id;
create unique index job_run on job (installation_id, (payload->>'run_id')) where finished_at is null and kind = 'run';
