-- Counts of what was received, and the record of who changed what.

-- Deliveries per installation, hour and type, added to every two seconds. An estimate for overviews: a killed process
-- loses its last seconds. The events themselves are the truth.
create table event_tally (
  installation_id bigint not null references installation on delete cascade,
  hour timestamptz not null,
  event_type text not null,
  stored int not null default 0,
  duplicates int not null default 0,
  last_at timestamptz not null,
  primary key (installation_id, hour, event_type)
) with (fillfactor = 80);
select timewire_protect('event_tally'::regclass);

-- Who did what. A row without installation belongs to no tenant: an operator's use of their key that named none of ours.
create table audit (
  id bigint generated always as identity primary key,
  installation_id bigint,
  workspace_id text,
  at timestamptz not null default now(),
  actor_kind text not null check (actor_kind in ('operator', 'user', 'clockify', 'system')),
  actor text not null,
  -- Method and route pattern, or the name of what was done: "DELETE /ui/flows/:id", "INSTALLED".
  action text not null,
  target text,
  outcome text not null check (outcome in ('done', 'refused', 'failed')),
  request_id text,
  -- json, not jsonb: read as a whole only.
  details json not null default '{}'
);
create index audit_by_installation on audit (installation_id, id);
select timewire_protect('audit'::regclass);
