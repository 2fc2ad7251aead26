-- Approvals: what a run asks of people. The wait of its step is a row of `wait`, as any other; here stands who may answer it,
-- what they read, and what came of it. Both are written by the same record, and end by the same transaction.

create table approval (
  id uuid primary key,
  installation_id bigint not null references installation on delete cascade,
  run_id uuid not null references run on delete cascade,
  -- Of the step.
  path text not null,
  -- cancelled: its run went on or ended without an answer. expired: no answer came in time.
  state text not null default 'open' check (state in ('open', 'approved', 'rejected', 'expired', 'cancelled')),
  -- Clockify user ids, and roles in the workspace: who may decide.
  people text[] not null,
  roles text[] not null,
  note text,
  asked_at timestamptz not null default now(),
  expires_at timestamptz,
  reminded_at timestamptz,
  -- Of the end, whatever it was.
  decided_at timestamptz,
  -- Clockify user id, or "operator:" and the name of its key; and the name that people know. Null where it was no person.
  decided_by text,
  decided_by_name text,
  decision_note text,
  -- Who handed it to others last.
  handed_by text,
  -- For pages that are open.
  changed_at timestamptz not null default now()
) with (fillfactor = 80);
-- A person's retry may ask again: of each step one is open.
create unique index approval_open on approval (run_id, path) where state = 'open';
create index approval_of_run on approval (run_id);
-- Lists, newest first: of one state, and all.
create index approval_by_state on approval (installation_id, state, asked_at desc, id desc);
create index approval_listed on approval (installation_id, asked_at desc, id desc);
create index approval_changed on approval (installation_id, changed_at);
select timewire_protect('approval'::regclass);

-- Those that an event is held against, oldest first: a page of them is read without the others.
create index wait_begun on wait (installation_id, match_type, match_key, created_at, run_id, path);
drop index wait_match;
