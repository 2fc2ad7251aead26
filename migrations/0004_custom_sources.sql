-- Custom webhook sources: other systems that may send events to an installation, and the secrets they sign with.

create table custom_source (
  id bigint generated always as identity primary key,
  installation_id bigint not null references installation on delete cascade,
  workspace_id text not null,
  name text not null,
  -- The last part of its address, not to be guessed; unique over all, since a delivery names nothing else.
  key text not null unique,
  scheme text not null,
  options jsonb not null,
  enabled boolean not null,
  -- null: as many as the listener takes.
  max_body_bytes int,
  rate_per_second int not null,
  -- {status, content_type, body} in place of ours; null: ours.
  answer jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  -- Written at most every few seconds.
  last_event_at timestamptz
);
create unique index custom_source_name on custom_source (installation_id, name) where deleted_at is null;

-- One row per secret, encrypted. During a rotation the older one has an end.
create table custom_source_secret (
  id bigint generated always as identity primary key,
  source_id bigint not null references custom_source on delete cascade,
  installation_id bigint not null,
  sealed text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz
);
create index custom_source_secret_by_source on custom_source_secret (source_id, id);

select timewire_protect('custom_source'::regclass);
select timewire_protect('custom_source_secret'::regclass);
