-- Retention: which hour was swept by whom and what went, in total and per installation.

-- One row per schedule and slot (hours since 1970): who inserts it sweeps it, so several instances do it once.
create table retention_run (
  schedule text not null,
  slot bigint not null,
  -- interrupted: stopped before its end, anyone may go on with it. failed: done, but a table could not be swept; see errors.
  state text not null default 'running' check (state in ('running', 'interrupted', 'completed', 'failed')),
  owner text not null,
  -- Raised by every take-over; each batch of the owner checks it, so an owner that was paused deletes nothing more.
  fence int not null default 1,
  heartbeat_at timestamptz not null default now(),
  -- The last installation that is done: where a take-over goes on.
  position bigint not null default 0,
  -- Rows deleted so far, by table, and the error of each table that could not be swept.
  deleted jsonb not null default '{}',
  errors jsonb not null default '{}',
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (schedule, slot)
) with (fillfactor = 50);

-- What went of one installation. Written in the batch's own transaction.
create table retention_count (
  installation_id bigint not null,
  slot bigint not null,
  table_name text not null,
  rows bigint not null,
  primary key (installation_id, slot, table_name)
) with (fillfactor = 50);
select timewire_protect('retention_count'::regclass);

-- When a sweep first found that neither a flow nor a run points to the plan. It goes a day later: a dispatch that is under
-- way with a plan just replaced has long ended by then.
alter table plan add column unused_at timestamptz;
create index plan_by_installation on plan (installation_id, id);
create index flow_by_plan on flow (plan_id);
-- One entry per run, of few distinct values: deciding whether a plan is still used must not read all runs.
create index run_by_plan on run (plan_id);
