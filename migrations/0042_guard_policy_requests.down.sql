-- The version before knows none of these.
select set_config('timewire.installations', 'all', true);
delete from guard_request where kind = 'policy';
alter table guard_request drop constraint guard_request_kind_check;
alter table guard_request add constraint guard_request_kind_check check (kind in ('call', 'flow'));
