-- Takes 0015 back: with columns and table what was learnt between two reads is an entity like any other.
select set_config('timewire.installations', 'all', true);
drop table polled_parent;
delete from entity_cache where deleted_at is not null;
alter table polled_entity drop column parent_id, drop column hash_version;
alter table polled_family drop column empty, drop column doubt;
alter table bootstrap_state drop column whole;
alter table bootstrap_read drop column pass, drop column pages;
alter table entity_cache drop column parent_id, drop column pass, drop column learnt_at, drop column deleted_at;
