select set_config('timewire.installations', 'all', true);
-- Of each entity the newest head, under the key of the version before.
with heads as (
  delete from entity_head where right(entity_key, length(event_type) + 1) = ' ' || event_type returning *
)
insert into entity_head (installation_id, entity_key, event_type, body_sha256, event_id, received_at, repeats)
  select distinct on (installation_id, plain) installation_id, plain, event_type, body_sha256, event_id, received_at, repeats
  from (select heads.*, left(entity_key, -length(event_type) - 1) as plain from heads) named
  order by installation_id, plain, received_at desc
  on conflict (installation_id, entity_key) do update set event_type = excluded.event_type,
    body_sha256 = excluded.body_sha256, event_id = excluded.event_id, received_at = excluded.received_at,
    repeats = excluded.repeats
  where entity_head.received_at < excluded.received_at;
alter table entity_head drop column memory_seconds;
alter table custom_source drop column duplicate_window_seconds;
alter table event drop column query;
-- A version that knows no types would run these flows for all.
delete from flow_trigger where custom_types is not null;
alter table flow_trigger drop column custom_types;
