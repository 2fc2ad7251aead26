-- Runs as people look for them, and a failed run that goes on.

-- Failed runs of a flow, newest first. Not "where state = 'failed'": a column that an index names cannot change without a new
-- entry in every index of the table (no HOT update), and state changes twice in each run. error_code changes in failing runs only.
create index run_failed on run (installation_id, flow_id, created_at desc) where error_code is not null;

-- Tries made before a person asked for the run again: they no longer count against the retry policy, nor as uncertain.
alter table step add column retried_after int not null default 0;
