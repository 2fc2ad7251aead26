-- Which way each event type reaches an installation, and the webhooks that we registered with a person's API key.

-- Secrets that a workspace gave us, sealed. Never read by a page.
create table installation_secret (
  installation_id bigint not null references installation on delete cascade,
  name text not null,
  sealed text not null,
  -- The installation's when it was given. Any other is over: the secret is only kept until its remains are removed.
  generation int not null,
  set_at timestamptz not null default now(),
  primary key (installation_id, name)
);

-- A webhook of the workspace that we registered ourselves: Clockify signs its deliveries with its plain token. Apart from
-- installation_webhook, which an install and an uninstall empty: this one must still be found to be removed at Clockify.
create table user_webhook (
  installation_id bigint not null references installation on delete cascade,
  remote_id text not null,
  event_type text not null,
  token_sha256 bytea not null,
  -- As in installation_secret: another one than the installation's takes no deliveries and is to be removed.
  generation int not null,
  primary key (installation_id, remote_id)
);
create index user_webhook_token on user_webhook (token_sha256);

-- What the last check found, per event type.
create table coverage (
  installation_id bigint not null references installation on delete cascade,
  event_type text not null,
  way text not null check (way in ('manifest', 'user_webhook', 'polling', 'none')),
  state text not null
    check (state in ('ok', 'disabled', 'delivery_disabled', 'plan_disabled', 'missing', 'silent', 'unknown')),
  reason text not null,
  next_step text,
  remote_id text,
  last_event_at timestamptz,
  primary key (installation_id, event_type)
);

-- The last check itself, and what it noticed for the next one while no event came.
create table coverage_check (
  installation_id bigint primary key references installation on delete cascade,
  checked_at timestamptz not null,
  seen_sha256 text,
  unheard_since timestamptz
);

select timewire_protect('installation_secret'::regclass);
select timewire_protect('user_webhook'::regclass);
select timewire_protect('coverage'::regclass);
select timewire_protect('coverage_check'::regclass);
