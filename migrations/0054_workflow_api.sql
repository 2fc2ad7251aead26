-- The Workflow Management API: agents, workflows and who may use them. Its runs, steps, schedules and jobs are those of the
-- engine; all rows hang on one installation of its own (addon 'workflow_api'), which no workspace has.

-- What migration 50 added without a look at the rows that were there.
alter table clockify_call validate constraint clockify_call_origin_check;

create table agent (
  id uuid primary key,
  installation_id bigint not null references installation on delete cascade,
  -- Never changes: steps name it.
  name text not null,
  url text not null,
  description text,
  auth_type text not null check (auth_type in ('none', 'bearer', 'apikey')),
  -- Of an API key; null: the default.
  auth_header text,
  -- Sealed. Never answered.
  secret_sealed text,
  timeout_ms int not null,
  retry_config jsonb not null,
  -- Over the defaults of the program; null: they hold.
  breaker_config jsonb,
  status text not null check (status in ('active', 'inactive', 'deleted')),
  -- Raised by each change: its entity tag.
  revision int not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index agent_name on agent (installation_id, name) where status <> 'deleted';
create index agent_listed on agent (installation_id, created_at, id);
select timewire_protect('agent'::regclass);

-- A workflow by its name. Each version is a flow_version of the flow, which runs, schedules and plans know.
create table workflow (
  id uuid primary key,
  installation_id bigint not null references installation on delete cascade,
  flow_id bigint not null references flow on delete cascade,
  name text not null,
  description text,
  -- The version that is executed where none is named.
  version int not null,
  -- inactive, draft and archived ones cannot be executed.
  status text not null check (status in ('draft', 'active', 'inactive', 'deprecated', 'archived', 'deleted')),
  revision int not null default 1,
  created_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index workflow_name on workflow (installation_id, name) where status <> 'deleted';
create unique index workflow_flow on workflow (flow_id);
create index workflow_listed on workflow (installation_id, created_at, id);
select timewire_protect('workflow'::regclass);

create table workflow_version (
  workflow_id uuid not null references workflow on delete cascade,
  installation_id bigint not null,
  version int not null check (version > 0),
  -- As it was sent, with all defaults filled in.
  definition jsonb not null,
  -- No foreign key: retention deletes a plan that neither a flow nor a run has; a version that is executed again gets a new one.
  plan_id bigint,
  restored_from int,
  created_by text not null,
  created_at timestamptz not null default now(),
  primary key (workflow_id, version)
);
create index workflow_version_owner on workflow_version (installation_id);
select timewire_protect('workflow_version'::regclass);

-- What a run of a workflow has beside the row in run.
create table workflow_run (
  run_id uuid primary key references run on delete cascade,
  installation_id bigint not null,
  workflow_id uuid not null references workflow on delete cascade,
  version int not null,
  triggered_by text not null,
  correlation_id text,
  cancel_reason text,
  -- Why it could not be handed on yet, as when the broker is away.
  note text,
  created_at timestamptz not null default now()
);
create index workflow_run_listed on workflow_run (installation_id, created_at, run_id);
create index workflow_run_workflow on workflow_run (workflow_id, created_at);
select timewire_protect('workflow_run'::regclass);

-- Who may use the API: people with a password, and programs with a key.
create table api_user (
  id uuid primary key,
  installation_id bigint not null references installation on delete cascade,
  name text not null,
  -- scrypt; null: no password yet, so that only tokens of another issuer are taken.
  password_hash text,
  role text not null check (role in ('viewer', 'editor', 'operator', 'admin')),
  disabled_at timestamptz,
  -- Tokens issued before are revoked.
  tokens_from timestamptz not null default now(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (installation_id, name)
);
select timewire_protect('api_user'::regclass);

create table api_key (
  id uuid primary key,
  installation_id bigint not null references installation on delete cascade,
  name text not null,
  -- Its first characters, to know it by.
  prefix text not null,
  sha256 bytea not null unique,
  role text not null check (role in ('viewer', 'editor', 'operator', 'admin')),
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index api_key_listed on api_key (installation_id, created_at);
select timewire_protect('api_key'::regclass);

-- Tokens that were revoked one by one, until they would end by themselves.
create table api_token_revoked (
  installation_id bigint not null references installation on delete cascade,
  jti_sha256 bytea not null,
  expires_at timestamptz not null,
  primary key (installation_id, jti_sha256)
);
select timewire_protect('api_token_revoked'::regclass);

-- Each change with the hash of the one before it: a row that is altered or missing breaks the chain (deno task audit:verify).
create table api_audit (
  installation_id bigint not null references installation on delete cascade,
  -- Without gaps.
  number bigint not null,
  at timestamptz not null,
  actor text not null,
  action text not null,
  entity_type text not null,
  entity_id text not null,
  changes jsonb not null,
  request_id text,
  previous_sha256 bytea not null,
  sha256 bytea not null,
  primary key (installation_id, number)
);
create index api_audit_entity on api_audit (installation_id, entity_type, entity_id, number);
create index api_audit_actor on api_audit (installation_id, actor, number);
create index api_audit_at on api_audit (installation_id, at);
select timewire_protect('api_audit'::regclass);

-- Where changes of a run's status are sent.
create table run_webhook (
  id uuid primary key,
  installation_id bigint not null references installation on delete cascade,
  url text not null,
  -- Null: of every workflow.
  workflow_id uuid references workflow on delete cascade,
  -- Upper-case words of the API; empty: all.
  statuses text[] not null,
  secret_sealed text not null,
  enabled boolean not null default true,
  created_by text not null,
  created_at timestamptz not null default now()
);
create index run_webhook_owner on run_webhook (installation_id);
create index run_webhook_workflow on run_webhook (workflow_id);
select timewire_protect('run_webhook'::regclass);

-- Messages for Kafka, written with what they are about and published after the commit.
create table kafka_outbox (
  id bigint generated always as identity primary key,
  installation_id bigint not null references installation on delete cascade,
  topic text not null,
  key text not null,
  body text not null,
  created_at timestamptz not null default now()
);
create index kafka_outbox_owner on kafka_outbox (installation_id, id);
select timewire_protect('kafka_outbox'::regclass);
