select set_config('timewire.installations', 'all', true);
delete from job where kind in ('bootstrap', 'poll');
drop table polled_entity;
drop table polled_family;
drop table bootstrap_read;
drop table bootstrap_state;
drop table entity_cache;
