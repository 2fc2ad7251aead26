-- How steps' calls of agents went, in sums of an hour: processes add to them once a second. What the lists show is of 24 hours; an
-- agent keeps 25 rows at most.
create table agent_calls (
  installation_id bigint not null references installation on delete cascade,
  agent_id uuid not null references agent on delete cascade,
  hour timestamptz not null,
  calls int not null,
  failures int not null,
  -- Calls by how long they took: element n+1 counts those above 1.2^(n-1) and up to 1.2^n milliseconds.
  times int[] not null,
  primary key (agent_id, hour)
);
create index agent_calls_owner on agent_calls (installation_id);
select timewire_protect('agent_calls'::regclass);
