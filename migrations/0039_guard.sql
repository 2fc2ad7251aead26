-- The guard of writes: what a workspace decides for each grade, confirm tokens, and requests that wait for a second person.

create table guard_policy (
  installation_id bigint primary key references installation on delete cascade,
  -- What was set: {"by_hand": {"business": "second_person"}, "flows": {...}}. A grade that is missing has its default.
  policy jsonb not null,
  -- Whether it denies flows a grade: each instance reads those every few seconds while steps run.
  denies_in_flows boolean not null,
  -- For If-Match; 0 within the transaction that makes the row.
  version int not null,
  updated_by text not null,
  updated_at timestamptz not null default now()
);
create index guard_policy_denies on guard_policy (installation_id) where denies_in_flows;
select timewire_protect('guard_policy'::regclass);

create table guard_request (
  id bigint generated always as identity primary key,
  installation_id bigint not null references installation on delete cascade,
  kind text not null check (kind in ('call', 'flow')),
  -- Clockify user id, or "operator:" and the name of its key.
  person text not null,
  grade text not null,
  title text not null,
  request_sha256 text not null,
  -- What it would send, encrypted.
  sealed text not null,
  state text not null check (state in ('waiting', 'approved', 'rejected', 'used', 'expired')),
  decided_by text check (decided_by <> person),
  decided_at timestamptz,
  note text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
-- One open request for the same bytes of a person; the others count, and are swept, by it.
create unique index guard_request_open on guard_request (installation_id, person, request_sha256)
  where state in ('waiting', 'approved');
create index guard_request_listed on guard_request (installation_id, id);
select timewire_protect('guard_request'::regclass);

create table confirm_token (
  token_sha256 text primary key,
  installation_id bigint not null references installation on delete cascade,
  person text not null,
  -- Of the request as it will be sent.
  request_sha256 text not null,
  grade text not null,
  -- The approval that is spent with it.
  approval_id bigint references guard_request on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index confirm_token_open on confirm_token (installation_id, person, expires_at) where used_at is null;
-- For retention; and for the foreign key.
create index confirm_token_aged on confirm_token (installation_id, created_at);
create index confirm_token_approval on confirm_token (approval_id) where approval_id is not null;
select timewire_protect('confirm_token'::regclass);
