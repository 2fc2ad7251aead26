-- Runs that wait for something from outside, and steps that each wait for a time of their own.

-- How many signals came for the job's run: a walk that closes the job compares it with what it was at the claim.
alter table job add column wakes int not null default 0;

-- When a step that failed or was put off is attempted again. The job is due with the earliest of them; a walk that comes
-- before, for a signal or for another step, leaves the others be.
alter table step add column due_at timestamptz;

-- What an open step of a run waits for, a row for each thing that may end the wait: at most 1,000 of a run. Who brings
-- something looks it up by type and key. Gone with the wait, and with the run.
create table wait (
  installation_id bigint not null,
  run_id uuid not null,
  -- Of the step.
  path text not null,
  match_type text not null,
  match_key text not null,
  -- For who brings it to hold against what comes.
  condition jsonb,
  -- Nothing ends the wait from then on but its time.
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (run_id, path, match_type, match_key)
);
create index wait_match on wait (installation_id, match_type, match_key);
select timewire_protect('wait'::regclass);

-- What came for a run and no step has taken yet, in order: at most 100 and 1 MB of a run. Gone once it is taken, and with
-- the run.
create table signal (
  installation_id bigint not null,
  id bigint not null generated always as identity,
  run_id uuid not null,
  -- Of the step whose wait it answers. Null: for the first step that waits for it, also for one that comes later.
  path text,
  match_type text not null,
  match_key text not null,
  value jsonb not null,
  created_at timestamptz not null default now(),
  primary key (run_id, id)
);
-- The first answer counts.
create unique index signal_answer on signal (run_id, path, match_type, match_key) where path is not null;
select timewire_protect('signal'::regclass);
