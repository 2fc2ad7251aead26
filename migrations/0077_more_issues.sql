-- Issues of sources and webhooks: how often a source's deliveries were refused for want of a proof, and since when a webhook is off.

create table source_refusal (
  id bigint generated always as identity primary key,
  installation_id bigint not null references installation on delete cascade,
  source_id bigint not null references custom_source on delete cascade,
  -- A SourceFault.
  reason text not null,
  count int not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  -- Its issue was resolved then: what is refused from then on has another row.
  closed_at timestamptz
);
create unique index source_refusal_open on source_refusal (source_id, reason) where closed_at is null;
create index source_refusal_age on source_refusal (installation_id, last_at);
select timewire_protect('source_refusal'::regclass);

-- The check that first found it in its present state; null: an earlier version did.
alter table coverage add column state_since timestamptz;
