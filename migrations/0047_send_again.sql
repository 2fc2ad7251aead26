-- Failed runs and dead letters that are sent again in bulk, and runs that were begun again from one of their steps.

-- One running job a workspace; what it chose is what had ended when it began.
create table bulk_job (
  id bigint generated always as identity primary key,
  installation_id bigint not null references installation on delete cascade,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  state text not null check (state in ('running', 'stopping', 'stopped', 'finished')),
  -- Clockify user id, or "operator:<name>".
  person text not null,
  -- {filter, version, rate_per_minute, all}
  asked jsonb not null,
  -- Dead letters that the filter chose as it began.
  matched int not null,
  -- The last that it came to, by its end and id; null: none so far.
  at_finished timestamptz,
  at_id bigint
);
create index bulk_job_listed on bulk_job (installation_id, created_at);
create unique index bulk_job_running on bulk_job (installation_id) where finished_at is null;
select timewire_protect('bulk_job'::regclass);

-- What became of each dead letter that a job came to. No foreign keys to what it names: runs and events are kept for a shorter
-- time.
create table bulk_item (
  installation_id bigint not null,
  job_id bigint not null references bulk_job on delete cascade,
  -- Of the dead letter.
  letter_id bigint not null,
  run_id uuid,
  -- Of an event that was given up: its number as a replay.
  event_id bigint,
  replay int,
  -- Null: it was sent again.
  skipped text,
  primary key (job_id, letter_id)
);
create index bulk_item_event on bulk_item (job_id, event_id) where event_id is not null;
-- For who deletes all of an installation.
create index bulk_item_owner on bulk_item (installation_id);
select timewire_protect('bulk_item'::regclass);

-- A run that was begun again from a step of another, which it takes the steps before from.
create table run_again (
  run_id uuid primary key references run on delete cascade,
  installation_id bigint not null,
  -- No foreign key: the older run is deleted before it.
  of_run_id uuid not null,
  -- The step that it began at.
  from_path text not null,
  person text not null
);
create index run_again_of on run_again (installation_id, of_run_id);
select timewire_protect('run_again'::regclass);
