-- The run of a job in a column: what is compared with it may use an index below row-level security, which an expression on
-- the payload may not (its operator is not leakproof), so that all jobs of an installation were read for one run.

alter table job add column run_id uuid
  generated always as (case when kind = 'run' then (payload->>'run_id')::uuid end) stored;
create unique index job_open_run on job (installation_id, run_id) where finished_at is null and run_id is not null;
drop index job_run;
