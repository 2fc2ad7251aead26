-- Duplicates are found per entity and event type, each kind remembered for a time of its own; deliveries of other senders carry their query.

-- The key of a head holds the type too, behind a blank: a flow's own change of an entity makes another type come between a
-- delivery and its repeat. The keys before stay for instances of the version before, which go on while a new one starts, and
-- go with their events.
alter table entity_head add column memory_seconds int not null default 86400;

select set_config('timewire.installations', 'all', true);
-- A sender's own id decides alone from now on, and for 7 days: no hash of the body stands beside it.
insert into entity_head (installation_id, entity_key, event_type, body_sha256, event_id, received_at, repeats, memory_seconds)
  select installation_id, entity_key || ' ' || event_type, event_type, case when by_id then '' else body_sha256 end, event_id,
    received_at, repeats, case when by_id then 604800 else 86400 end
  from entity_head cross join lateral (
    select entity_key like 'delivery:%' and entity_key not like 'delivery:%:body:%' as by_id) kind
  where received_at > now() - interval '24 hours';

-- Without an id of the sender's an equal delivery is a repeat for so long; null: never.
alter table custom_source add column duplicate_window_seconds int;

-- Names and values of the query that a custom event came with, secrets redacted; null where it had none.
alter table event add column query json;

-- Types of a custom source that a flow listens for; null: all.
alter table flow_trigger add column custom_types text[];
