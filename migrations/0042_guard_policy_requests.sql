-- A change of the guard's policy may wait for a second person too.

-- The table has a few hundred rows at most: those of a week.
alter table guard_request drop constraint guard_request_kind_check;
alter table guard_request add constraint guard_request_kind_check check (kind in ('call', 'flow', 'policy'));
