-- The event of a dead letter in a column, where an index finds it below row-level security: retention read all dead letters of
-- an installation for each page of its events.

-- Set as the job ends; null in dead letters of before, which are read as before until they are deleted by age.
alter table job add column if not exists event_id bigint;
create index if not exists job_ended_event on job (installation_id, event_id) where event_id is not null;
create index if not exists job_ended_before on job (installation_id)
  where kind = 'event' and finished_at is not null and event_id is null;
