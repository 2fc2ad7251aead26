-- Versions of flows, as each save published them, and the draft of a flow.

select set_config('timewire.installations', 'all', true);

create table flow_version (
  installation_id bigint not null,
  flow_id bigint not null references flow on delete cascade,
  -- 0: the draft, of which a flow has one at most. The one that flow.version names is published, the others are retired: no
  -- column repeats it, since two places could differ.
  version int not null check (version >= 0),
  -- Without "enabled": switching a flow on or off makes no version. A draft's may have faults.
  definition jsonb not null,
  -- What its runs began with. No foreign key: retention deletes a plan that neither a flow nor a run has, and a version that is
  -- restored gets a plan of its own.
  plan_id bigint,
  -- Of a draft: the version that it is a change of.
  base_version int,
  -- The earlier version that it repeats.
  restored_from int,
  -- Clockify user id, or name of an operator's key; null: not known, or saved before versions were kept.
  author text,
  note text,
  -- When it was saved, or its draft begun.
  created_at timestamptz not null default now(),
  -- Of a draft: when it was last saved.
  updated_at timestamptz not null default now(),
  published_at timestamptz,
  primary key (flow_id, version),
  check ((version = 0) = (published_at is null)),
  check ((version = 0) = (base_version is not null))
);
select timewire_protect('flow_version'::regclass);

-- What flows have now, under the number that their runs know it by.
insert into flow_version (installation_id, flow_id, version, definition, plan_id, created_at, updated_at, published_at)
select installation_id, id, version, definition - 'enabled', plan_id, updated_at, updated_at, updated_at
from flow where deleted_at is null and builtin is null;

-- How often it was switched on or off since its version was published: with it the entity tag names each state of the flow.
alter table flow add column switched int not null default 0;
