-- Calls to Clockify that people make by hand: what was made, and what they saved to make again.

create table explorer_call (
  id bigint generated always as identity primary key,
  installation_id bigint not null references installation on delete cascade,
  at timestamptz not null default now(),
  -- Clockify user id, or "operator:" and the name of its key.
  person text not null,
  -- By which door.
  via text not null check (via in ('explorer', 'api_call')),
  operation text not null,
  method text not null,
  path text not null,
  -- Whose rights were used.
  acted_as text not null check (acted_as in ('addon', 'viewer')),
  outcome text not null,
  -- Of Clockify's answer; null where none came, and where nothing was sent.
  status_code int,
  error_code text,
  duration_ms int not null,
  -- Bytes of the answer's data.
  size bigint,
  -- {request, answer} without secrets, each cut, encrypted.
  sealed text not null
);
-- For lists and for the number that is kept; for those of one person; for retention by age.
create index explorer_call_listed on explorer_call (installation_id, id);
create index explorer_call_person on explorer_call (installation_id, person, id);
select timewire_protect('explorer_call'::regclass);

create table explorer_saved (
  id bigint generated always as identity primary key,
  installation_id bigint not null references installation on delete cascade,
  person text not null,
  name text not null,
  shared boolean not null,
  -- The request, encrypted.
  sealed text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index explorer_saved_listed on explorer_saved (installation_id, id);
select timewire_protect('explorer_saved'::regclass);
