-- Sessions of people at the consoles of port 8003: each can be listed and ended, by them and by admins.

create table api_session (
  id uuid primary key,
  installation_id bigint not null references installation on delete cascade,
  -- Of what the browser's cookie holds, 256 random bits.
  sha256 bytea not null unique,
  kind text not null check (kind in ('user', 'key', 'operator')),
  -- Of the user, of the API key, or of the operator's key.
  name text not null,
  -- Of the key that it was opened with; null for a user.
  key_sha256 bytea check ((kind = 'user') = (key_sha256 is null)),
  -- Where it was last used from.
  address text not null,
  -- What the browser called itself at the sign-in (User-Agent).
  browser text not null,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  expires_at timestamptz not null
);
create index api_session_of on api_session (installation_id, kind, name, last_used_at);
create index api_session_end on api_session (installation_id, expires_at);
select timewire_protect('api_session'::regclass);
