-- Circuit breakers: hosts that steps of an installation are kept from calling, since calls to them failed. A row is written when a
-- breaker opens, lets one call through, closes or is reset; calls to hosts that answer write nothing.

create table breaker (
  id bigint generated always as identity primary key,
  installation_id bigint not null references installation on delete cascade,
  -- Name or address, with the port where that is not the usual one.
  host text not null,
  -- half_open: one call is made, to see.
  state text not null check (state in ('open', 'half_open', 'closed')),
  changed_at timestamptz not null default now(),
  opened_at timestamptz not null default now(),
  -- From then on one call may be made.
  probe_at timestamptz not null,
  -- Until then someone makes it. Null: none does.
  probe_until timestamptz,
  -- Times in a row that it was opened: each waits longer than the one before.
  openings int not null default 1,
  -- Failed calls that opened it, as one instance counted them, and the last.
  failures int not null,
  error_code text not null,
  http_status int,
  -- Who reset it: Clockify user id, or "operator:<name>".
  reset_by text,
  unique (installation_id, host)
);
create index breaker_listed on breaker (installation_id, changed_at);
create index breaker_open on breaker (installation_id) where state <> 'closed';
select timewire_protect('breaker'::regclass);
