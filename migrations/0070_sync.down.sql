drop table reconcile_place;
drop table entity_change;
alter table bootstrap_state drop column expected_pages;
drop index event_entity;
alter table event drop column found_by;
select set_config('timewire.installations', 'all', true);
delete from job where kind = 'reconcile';
delete from schedule where kind = 'reconcile';
