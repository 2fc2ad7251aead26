-- Schedules: what begins at times of its own instead of with an event. Each is a row that stays, whatever becomes of what it
-- started, so that nothing that recurs can die.

create table schedule (
  id bigint generated always as identity primary key,
  installation_id bigint not null references installation on delete cascade,
  -- What begins: a run of the flow, or a job of the kind (coverage, poll).
  flow_id bigint references flow on delete cascade,
  kind text,
  -- When: an expression on the clock of a time zone, or every so many seconds.
  cron text,
  zone text,
  every_seconds int check (every_seconds >= 60),
  -- Of slots that nothing fired in time: none of them, the last, or all.
  policy text not null check (policy in ('skip', 'one', 'all')),
  enabled boolean not null default true,
  -- The first slot that has not fired. It moves in the transaction that starts what the slot is for.
  next_at timestamptz not null,
  -- The last one that came while the add-on was active.
  last_slot timestamptz,
  -- Why it was switched off by the program.
  fault text,
  created_at timestamptz not null default now(),
  check (num_nonnulls(flow_id, kind) = 1),
  check (num_nonnulls(cron, every_seconds) = 1 and num_nonnulls(cron, zone) <> 1)
);
create index schedule_of_flows_due on schedule (next_at) where enabled and flow_id is not null;
create index schedule_of_kinds_due on schedule (next_at) where enabled and kind is not null;
create index schedule_of_installation on schedule (installation_id, next_at);
create index schedule_of_flow on schedule (flow_id) where flow_id is not null;
create unique index schedule_of_kind on schedule (installation_id, kind) where kind is not null;
select timewire_protect('schedule'::regclass);

-- The standing jobs of the version before, which came again by themselves. They stay until they have run once more: that
-- version may go on meanwhile. Every quarter of an hour is what it came to by default; the program sets what is configured.
select set_config('timewire.installations', 'all', true);
insert into schedule (installation_id, kind, every_seconds, policy, next_at)
select installation.id, standing.kind, 900, 'one', least(first.due_at, now() + interval '15 minutes')
from installation cross join (values ('coverage'), ('poll')) as standing(kind) cross join lateral (
  select min(due_at) as due_at from job
  where job.installation_id = installation.id and job.kind = standing.kind and finished_at is null and payload = '{}'
) first
where installation.status <> 'uninstalled' and first.due_at is not null;
