-- The mirror of a workspace, how far its reading is, and what polling saw of its lists.

-- Entities as Clockify sends them. json, not jsonb: nothing is looked up inside, and their text stays as it came.
create table entity_cache (
  installation_id bigint not null references installation on delete cascade,
  workspace_id text not null,
  entity_type text not null,
  entity_id text not null,
  operation_id text not null,
  body json not null,
  fetched_at timestamptz not null default now(),
  -- The read that saw it last: what a whole read did not see is gone.
  read_number int not null,
  primary key (installation_id, entity_type, entity_id)
);
create index entity_cache_age on entity_cache (installation_id, fetched_at);

-- The newest read of a workspace.
create table bootstrap_state (
  installation_id bigint primary key references installation on delete cascade,
  workspace_id text not null,
  read_number int not null,
  -- The job that reads: another one begins anew. Null until it does.
  job_id bigint,
  status text not null check (status in ('PENDING', 'IN_PROGRESS', 'COMPLETE', 'FAILED', 'DISABLED')),
  -- Entity types of the lists that were chosen at its start, in their order.
  lists jsonb not null default '[]',
  -- What time entries it takes: the same for every page of it.
  entries_from timestamptz,
  entries_to timestamptz,
  last_error text,
  requested_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz not null default now()
);

-- One list of it, or the part below one parent (the tasks of a project): where a restart goes on.
create table bootstrap_read (
  installation_id bigint not null references installation on delete cascade,
  entity_type text not null,
  parent_id text not null default '',
  read_number int not null,
  status text not null default 'pending' check (status in ('pending', 'complete', 'truncated', 'failed')),
  next_page int not null default 1,
  tries int not null default 0,
  error text,
  updated_at timestamptz not null default now(),
  primary key (installation_id, entity_type, parent_id)
) with (fillfactor = 80);

-- A list that is polled for events: its present or last round, and where it is.
create table polled_family (
  installation_id bigint not null references installation on delete cascade,
  family text not null,
  -- The installation's: of any other the lists were not watched in between, so the next round only takes note.
  generation int not null,
  round int not null,
  -- True until a whole round was read: it only takes note.
  baseline boolean not null default true,
  -- True for a round that looks again for what the one before missed.
  confirming boolean not null default false,
  -- Event types that were polled when the last round ended. One that joins is told of from the round after.
  events jsonb not null default '[]',
  parent_id text not null default '',
  -- The next page; 0: all pages are read.
  page int not null default 1,
  pages int not null default 0,
  -- Not all of it could be read: nothing is taken for gone.
  truncated boolean not null default false,
  error text,
  finished_at timestamptz,
  primary key (installation_id, family)
);

-- What the last look at a list showed. The hash is of the fields that make events.
create table polled_entity (
  installation_id bigint not null references installation on delete cascade,
  family text not null,
  entity_id text not null,
  body_sha256 bytea not null,
  body json not null,
  -- Round that saw it last, and how many whole rounds in a row did not.
  seen int not null,
  missed int not null default 0,
  primary key (installation_id, family, entity_id)
);

select timewire_protect('entity_cache'::regclass);
select timewire_protect('bootstrap_state'::regclass);
select timewire_protect('bootstrap_read'::regclass);
select timewire_protect('polled_family'::regclass);
select timewire_protect('polled_entity'::regclass);

-- Installations of earlier versions have no job that polls.
select set_config('timewire.installations', 'all', true);
insert into job (kind, installation_id, payload) select 'poll', id, '{}' from installation where status <> 'uninstalled';
