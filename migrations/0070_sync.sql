-- What a read saw change, missed events that were found again, and how far a read is against the one before.

-- The events of an entity, by blocks of some 250 that may have it: a tree costs each delivery 15 us and a tenth more of the log,
-- this nothing. New blocks are looked through as they are until a sweep of retention, or autovacuum, has taken them in.
create index if not exists event_entity on event
  using brin (entity_key text_bloom_ops (n_distinct_per_range = 300, false_positive_rate = 0.001)) with (pages_per_range = 64);
-- 'delivery_log' or 'entity_feed': no delivery of it was received, and it was found there. Null: it was delivered, or polled.
alter table event add column found_by text;

-- Pages that each list had in the read before, by entity type: what a read in progress is measured by.
alter table bootstrap_state add column expected_pages jsonb not null default '{}';

-- What one read of a list saw otherwise than the cache held it: what happened in between, unless an event said so already.
create table entity_change (
  installation_id bigint not null references installation on delete cascade,
  entity_type text not null,
  entity_id text not null,
  seen_at timestamptz not null default now(),
  id bigint generated always as identity,
  kind text not null check (kind in ('created', 'updated', 'deleted')),
  read_number int not null,
  -- The fields that differ, as they were and as they are; json, as in entity_cache. Of what was made and deleted, its name.
  before json,
  after json,
  primary key (installation_id, entity_type, entity_id, seen_at, id)
);
create index entity_change_age on entity_change (installation_id, seen_at);
select timewire_protect('entity_change'::regclass);

-- Where the search for missed events is: one row for each log of deliveries and each feed.
create table reconcile_place (
  installation_id bigint not null references installation on delete cascade,
  -- 'delivery_log' with the id of a webhook at Clockify, 'entity_feed' with created, updated or deleted.
  source text not null check (source in ('delivery_log', 'entity_feed')),
  name text not null,
  -- Everything before is looked through; another generation than the installation's begins anew.
  reached timestamptz not null,
  generation int not null,
  -- The end of the span in progress, and its next page; null: none is.
  until timestamptz,
  page int not null default 0,
  checked_at timestamptz,
  -- Since the first look: events that Clockify has, those of them that were received, and those that were found here.
  expected bigint not null default 0,
  seen bigint not null default 0,
  found bigint not null default 0,
  error text,
  primary key (installation_id, source, name)
);
select timewire_protect('reconcile_place'::regclass);
