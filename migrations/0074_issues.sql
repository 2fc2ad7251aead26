-- Issues: what people said of a cause that runs and events are given up for.

create table issue_mark (
  installation_id bigint not null references installation on delete cascade,
  -- Its kind, and a hash of what makes it one cause.
  issue text not null,
  muted_at timestamptz,
  -- Null with muted_at: for ever.
  muted_until timestamptz,
  -- What happened before is over; what happens from then on makes the issue open again.
  resolved_at timestamptz,
  -- Clockify user id, or "operator:<name>".
  person text not null,
  updated_at timestamptz not null default now(),
  primary key (installation_id, issue)
);
create index issue_mark_age on issue_mark (installation_id, updated_at);
select timewire_protect('issue_mark'::regclass);
