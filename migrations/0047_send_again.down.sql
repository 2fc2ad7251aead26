drop table run_again;
drop table bulk_item;
-- A version before this one has no handler for it.
select set_config('timewire.installations', 'all', true);
delete from job where kind = 'bulk' and finished_at is null;
drop table bulk_job;
