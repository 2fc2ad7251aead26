-- What flows with a throttle or a debounce remember of each key, for as long as it may count.

create table flow_gate (
  installation_id bigint not null references installation on delete cascade,
  flow_id bigint not null references flow on delete cascade,
  kind text not null check (kind in ('throttle', 'debounce')),
  -- Of the flow's template, 200 characters at most; '' where it has none.
  key text not null,
  -- Throttle: when the last runs began, or will, as many as may begin within its time.
  times timestamptz[],
  -- Debounce: the run that waits for its events to end, and when the first of them came.
  run_id uuid,
  first_at timestamptz,
  expires_at timestamptz not null,
  primary key (installation_id, flow_id, kind, key)
);
create index flow_gate_of_flow on flow_gate (flow_id, expires_at);
select timewire_protect('flow_gate'::regclass);
