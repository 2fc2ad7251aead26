-- Installations, events, the queue, flows, runs and their journal. PostgreSQL 14 and later; the embedded database runs the same text.

-- Facts about the database itself: the check that the encryption keys fit.
create table meta (
  key text primary key,
  value text not null
);

-- An add-on (profile key) installed in a workspace. Data hangs on this row, so a reinstall finds it again; addon_id is
-- Clockify's, and new on every reinstall.
create table installation (
  id bigint generated always as identity primary key,
  addon text not null,
  workspace_id text not null,
  addon_id text not null,
  -- Raised by every install and uninstall; a delivery or a token verified under an older one is refused.
  generation int not null default 1,
  status text not null check (status in ('active', 'inactive', 'uninstalled')),
  token_sealed text,
  token_sha256 bytea,
  hosts jsonb not null,
  as_user text,
  addon_user_id text,
  settings jsonb not null default '{}',
  -- Issue times of the newest lifecycle tokens that were obeyed, per kind of call: an older one of its kind is late.
  lifecycle_issued_at timestamptz,
  status_issued_at timestamptz,
  settings_issued_at timestamptz,
  installed_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  uninstalled_at timestamptz,
  unique (addon, workspace_id)
);

-- addon_ids that are over: a late or repeated INSTALLED of one must not revive it.
create table installation_retired (
  addon text not null,
  workspace_id text not null,
  addon_id text not null,
  retired_at timestamptz not null default now(),
  primary key (addon, workspace_id, addon_id)
);

-- The token Clockify signs each webhook path with, as its hash: enough to compare, useless to forge with.
create table installation_webhook (
  installation_id bigint not null references installation on delete cascade,
  path text not null,
  event_type text not null,
  token_sha256 bytea not null,
  primary key (installation_id, path)
);

create sequence event_id_seq;

-- One received delivery. No foreign key to installation: its check would lock that one row for every event of a workspace.
create table event (
  installation_id bigint not null,
  id bigint not null,
  workspace_id text not null,
  event_type text not null,
  entity_key text not null,
  received_at timestamptz not null default now(),
  request_id text not null,
  traceparent text,
  -- json, not jsonb: kept as text, which costs the hot path less.
  headers json not null,
  -- Raw bytes: valid JSON may hold what jsonb refuses (\u0000, lone surrogates).
  body bytea not null,
  -- null: waits for its flows. dispatched: runs were created. skipped, dead: see reason.
  outcome text check (outcome in ('dispatched', 'skipped', 'dead')),
  reason text,
  finished_at timestamptz,
  -- One index for both: newest first in a workspace, and one event of it.
  primary key (installation_id, id)
);
-- Bodies are around 1.5 kB: keep rows up to a page in line, uncompressed. Compressing each row costs more than it saves on the hot path.
alter table event set (toast_tuple_target = 8160);
alter table event alter column body set storage external;

-- The latest delivery of each entity: what decides, by its primary key, whether a delivery is a repeat.
create table entity_head (
  installation_id bigint not null,
  entity_key text not null,
  event_type text not null,
  body_sha256 bytea not null,
  event_id bigint not null,
  received_at timestamptz not null default now(),
  repeats int not null default 0,
  primary key (installation_id, entity_key)
) with (fillfactor = 80);

-- Work that is due, now or later. Finished jobs are deleted; discarded ones stay as dead letters with their reason.
create table job (
  id bigint generated always as identity primary key,
  kind text not null,
  installation_id bigint not null,
  state text not null default 'available'
    check (state in ('available', 'scheduled', 'executing', 'retryable', 'discarded', 'cancelled')),
  -- Jobs with one key run one after another, in the order of their ids.
  order_key text,
  payload jsonb not null,
  attempt int not null default 0,
  -- Raised by every claim; each write of the owner checks it, so an owner that lost its lease records nothing.
  fence int not null default 0,
  leased_by text,
  -- When the job may be claimed: at once, later, or (executing) when its lease ends.
  due_at timestamptz not null default now(),
  traceparent text,
  reason text,
  created_at timestamptz not null default now(),
  finished_at timestamptz
) with (fillfactor = 80);
create index job_due on job (installation_id, due_at, id) where finished_at is null;
create index job_order on job (installation_id, order_key, id) where finished_at is null and order_key is not null;
create index job_finished on job (installation_id, finished_at) where finished_at is not null;

-- A plan as it was when it was saved; never changed, so a run keeps the plan it began with.
create table plan (
  id bigint generated always as identity primary key,
  installation_id bigint not null references installation on delete cascade,
  body jsonb not null,
  created_at timestamptz not null default now()
);

create table flow (
  id bigint generated always as identity primary key,
  installation_id bigint not null references installation on delete cascade,
  workspace_id text not null,
  name text not null,
  enabled boolean not null,
  version int not null default 1,
  definition jsonb not null,
  plan_id bigint not null references plan,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz
);
create index flow_by_installation on flow (installation_id, id) where deleted_at is null;

-- One row per enabled flow and event type it listens for: what the ingest statement asks.
create table flow_trigger (
  installation_id bigint not null,
  event_type text not null,
  flow_id bigint not null references flow on delete cascade,
  ordered boolean not null,
  primary key (installation_id, event_type, flow_id)
);

create table run (
  id uuid primary key,
  installation_id bigint not null,
  workspace_id text not null,
  flow_id bigint not null,
  flow_version int not null,
  plan_id bigint not null,
  event_id bigint not null,
  -- 0: the event's own run. Higher: asked for again by a person.
  replay int not null default 0,
  state text not null check (state in ('pending', 'running', 'waiting', 'completed', 'failed', 'cancelled')),
  error_code text,
  error_message text,
  traceparent text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  unique (event_id, flow_id, replay)
) with (fillfactor = 80);
create index run_by_flow on run (installation_id, flow_id, created_at desc);

-- The journal: one row per step of a run. A completed step's output is returned, never computed again.
create table step (
  run_id uuid not null,
  path text not null,
  action text not null,
  state text not null check (state in ('running', 'completed', 'failed')),
  attempts int not null default 0,
  output jsonb,
  error_code text,
  error_message text,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (run_id, path)
) with (fillfactor = 80);

-- One row per try that may leave a trace outside, written before it is made.
create table attempt (
  run_id uuid not null,
  path text not null,
  number int not null,
  state text not null check (state in ('started', 'succeeded', 'failed', 'snoozed')),
  request jsonb,
  http_status int,
  error_code text,
  error_message text,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (run_id, path, number)
) with (fillfactor = 80);
