select set_config('timewire.installations', 'all', true);

-- The flow that a plan was made of: its secrets open in the runs of that flow alone. Null: made by a version before this one,
-- or of no flow.
alter table plan add column flow_id bigint;

-- After a revert alone, which leaves the row: plans may hold secrets that are bound to flows. Else nothing is read.
update plan set flow_id = coalesce(
  (select flow.id from flow where flow.plan_id = plan.id limit 1),
  (select run.flow_id from run where run.plan_id = plan.id limit 1))
where exists (select from meta where key = 'rows_bound_from') and body::text like '%"$sealed"%';

-- From when on secrets of flows, calls by hand and saved calls are sealed to their rows. Instances of the version before, which
-- serve while a new one starts and come back in a rollback, cannot open those: a database in use has a week for both, one that
-- no program has started on needs none.
insert into meta (key, value)
select 'rows_bound_from', to_char((now() + interval '7 days') at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
from meta where key = 'encryption_check'
on conflict (key) do update set value = excluded.value;
