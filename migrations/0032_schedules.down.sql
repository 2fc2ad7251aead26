select set_config('timewire.installations', 'all', true);
-- The version before has what recurs as jobs that come again by themselves.
insert into job (kind, installation_id, payload, due_at)
select kind, installation_id, '{}', next_at from schedule
where kind is not null and not exists (
  select 1 from job where job.installation_id = schedule.installation_id and job.kind = schedule.kind
    and job.finished_at is null and job.payload = '{}');
drop table schedule;
