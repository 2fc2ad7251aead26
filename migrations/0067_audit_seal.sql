-- The audit of the Workflow Management API is written in two steps: a change commits its row here beside those of others, and
-- within a second a sealer gives it its number and its hash in api_audit. Before, each change held the chain's lock until its
-- commit, so that of all executions of a moment one was accepted at a time.
create table api_audit_unsealed (
  id bigint generated always as identity primary key,
  installation_id bigint not null references installation on delete cascade,
  at timestamptz not null,
  actor text not null,
  action text not null,
  entity_type text not null,
  entity_id text not null,
  changes jsonb not null,
  request_id text,
  -- What its hash will be made of, but for its number: a row that is altered until then does not fit into the chain.
  hashed text not null
);
create index api_audit_unsealed_owner on api_audit_unsealed (installation_id, id);
select timewire_protect('api_audit_unsealed'::regclass);

-- The newest row of the chain: one that is taken out at its end is missed. Instances of the version before go on behind it.
create table api_audit_head (
  installation_id bigint primary key references installation on delete cascade,
  number bigint not null,
  sha256 bytea not null
);
select timewire_protect('api_audit_head'::regclass);
