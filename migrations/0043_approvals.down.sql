select set_config('timewire.installations', 'all', true);
-- The version before has no worker for them.
delete from job where kind = 'waits';
create index wait_match on wait (installation_id, match_type, match_key);
drop index wait_begun;
drop table approval;
