-- What a flow would have done on events of before, had it been on: looked at in the background, and nothing is sent.

create table flow_history (
  id bigint generated always as identity primary key,
  installation_id bigint not null references installation on delete cascade,
  flow_id bigint not null references flow on delete cascade,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  state text not null check (state in ('running', 'stopping', 'stopped', 'finished')),
  -- Clockify user id, or "operator:<name>".
  person text not null,
  -- What was asked for: {what, version, since, until, limit}.
  asked jsonb not null,
  -- Both with their secrets masked. Null: it is the published version that is looked at.
  definition jsonb,
  published jsonb not null,
  -- Events to look at, from oldest_id; null: they are not counted yet. Those that were: the next one is older than next_id.
  total int,
  looked int not null default 0,
  next_id bigint,
  oldest_id bigint,
  -- {definition, published}: numbers of each.
  counts jsonb not null
);
-- One at a time.
create unique index flow_history_open on flow_history (installation_id) where finished_at is null;
create index flow_history_listed on flow_history (installation_id, created_at);
create index flow_history_flow on flow_history (flow_id);
select timewire_protect('flow_history'::regclass);

-- Events that the definition or the published version matches, up to a number.
create table flow_history_match (
  installation_id bigint not null,
  history_id bigint not null references flow_history on delete cascade,
  event_id bigint not null,
  matched boolean not null,
  published boolean not null,
  -- Requests that the definition would make; null: they were not counted any more.
  requests int,
  -- {step, reason} of the first step that would fail.
  problem jsonb,
  primary key (history_id, event_id)
);
create index flow_history_match_owner on flow_history_match (installation_id);
select timewire_protect('flow_history_match'::regclass);
