-- What Clockify grants a workspace in an hour, where that is known, and how much of it was used: a restart goes on with it.
create table upstream_budget (
  installation_id bigint primary key references installation on delete cascade,
  -- Calls that may be made in an hour; null: no limit is known, only a pause.
  limit_per_hour int,
  -- A learnt limit ends then; null: none is in force.
  learnt_until timestamptz,
  -- Nothing is called before.
  paused_until timestamptz,
  -- Calls of the last hour: [[minute since 1970, calls], ...]. json, not jsonb: read as a whole only.
  calls json not null default '[]'
) with (fillfactor = 50);
select timewire_protect('upstream_budget'::regclass);
