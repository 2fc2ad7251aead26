-- The journal of what this program wrote to Clockify, with each object as it was before and after, and the undoing of it.

-- One write of one object. A call that writes several objects has a row for each.
create table change (
  id bigint generated always as identity primary key,
  installation_id bigint not null references installation on delete cascade,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  -- sending: stored before the request leaves; uncertain: the answer was never seen, or says nothing of the effect.
  state text not null check (state in ('sending', 'done', 'refused', 'failed', 'uncertain')),
  -- Of the attempt of a step: the same attempt has one row. Null for a person's calls, each of which is one effect.
  key text,
  -- Shared by the rows of one call.
  call_id uuid,
  -- As the catalogue named it, and its METHOD /path, which finds it in any catalogue.
  operation text not null,
  operation_key text not null,
  -- {path, query}: parameters of the request.
  params jsonb not null,
  entity_type text not null,
  -- Of what is made by the write: null until it is answered.
  entity_id text,
  origin text not null check (origin in ('flow', 'person', 'undo', 'program')),
  -- Clockify user id, or "operator:<name>".
  person text,
  -- Of a person: by which door. Of the program: which part of it.
  via text,
  -- No foreign keys: runs are kept for a shorter time, and flows are deleted.
  run_id uuid,
  flow_id bigint,
  flow_version int,
  step_path text,
  -- Clockify user id whose token the call was made with; null: the add-on's own.
  as_user text,
  -- read: "before" is the object. none: there was none, it was made. Otherwise why it is not here.
  before_state text not null check (before_state in ('read', 'none', 'unreadable', 'too_large', 'no_read')),
  -- JSON, as text: the database need not read it.
  before text,
  sent text,
  after text,
  -- Why something of it is not kept, or was not read.
  note text,
  -- Names of the fields that the write changed.
  fields text[] not null default '{}',
  undoable boolean not null default false,
  http_status int,
  error_code text,
  -- Of an undo: the change that it takes back.
  undo_of bigint references change on delete set null,
  -- Who is at work to undo it; past claimed_until another may.
  undo_claim uuid,
  undo_claimed_until timestamptz,
  undone_by bigint references change on delete set null
);
create unique index change_key on change (installation_id, key) where key is not null;
create index change_listed on change (installation_id, created_at desc, id desc);
create index change_entity on change (installation_id, entity_type, entity_id, created_at desc, id desc);
create index change_run on change (installation_id, run_id, id desc) where run_id is not null;
create index change_flow on change (installation_id, flow_id, created_at desc, id desc) where flow_id is not null;
create index change_person on change (installation_id, person, created_at desc, id desc) where person is not null;
-- What is open is little.
create index change_sending on change (installation_id, created_at) where state = 'sending';
-- Of the foreign keys: what refers to a row that retention deletes.
create index change_undo_of on change (undo_of) where undo_of is not null;
create index change_undone_by on change (undone_by) where undone_by is not null;
select timewire_protect('change'::regclass);

-- The undoing of many changes, in the background.
create table undo_job (
  id bigint generated always as identity primary key,
  installation_id bigint not null references installation on delete cascade,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  state text not null check (state in ('running', 'stopping', 'stopped', 'finished')),
  person text not null,
  -- What was asked for: {run_id} or {flow_id, from, to}, and all.
  asked jsonb not null
);
create index undo_job_listed on undo_job (installation_id, created_at);
select timewire_protect('undo_job'::regclass);

-- What an undo job is to undo, fixed when it begins, so that each change is undone once.
create table undo_item (
  installation_id bigint not null,
  job_id bigint not null references undo_job on delete cascade,
  change_id bigint not null references change on delete cascade,
  -- Null: not yet.
  outcome text check (outcome in ('undone', 'nothing', 'conflict', 'refused', 'failed', 'skipped')),
  -- Error code, or why, in words.
  reason text,
  primary key (job_id, change_id)
);
create index undo_item_open on undo_item (job_id, change_id desc) where outcome is null;
create index undo_item_change on undo_item (change_id);
-- For who deletes all of an installation.
create index undo_item_owner on undo_item (installation_id);
select timewire_protect('undo_item'::regclass);

-- A tenth to a third of the time that pglz takes to write large texts; a server may be built without it.
do $$ begin
  alter table change alter column before set compression lz4, alter column sent set compression lz4,
    alter column after set compression lz4;
exception when feature_not_supported then null;
end $$;
