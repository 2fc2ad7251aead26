select set_config('timewire.installations', 'all', true);
delete from flow where builtin is not null;
drop index flow_builtin;
alter table flow drop column builtin;
