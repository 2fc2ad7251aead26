-- How many rounds led to a run: events that flows made, and writes of the same flow that came back as events.

alter table run add column chain int not null default 0;
-- The runs that a run started. On a large table it is made outside (CHANGELOG.md).
create index if not exists run_parent on run (installation_id, parent_run_id) where parent_run_id is not null;
