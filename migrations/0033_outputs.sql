-- Constraints that landed without a look at the rows of before. It reads the tables and keeps neither readers nor writers
-- waiting (SHARE UPDATE EXCLUSIVE), so it stands before what follows, whose lock it would otherwise prolong.
alter table run validate constraint run_trigger_kind_check;
alter table step validate constraint step_state_check;
alter table attempt validate constraint attempt_state_check;

-- Outputs of steps that are too large for the step's row: read only where a later step names them. Gone with their run.
create table output (
  installation_id bigint not null,
  run_id uuid not null,
  -- In the run: the path of the step and the number of its attempt, so that what is written once never changes.
  id text not null,
  -- Of the JSON, as it is written.
  bytes int not null,
  -- JSON, as text: it is handed out as it came, and the database need not read it.
  body text not null,
  primary key (run_id, id)
);
select timewire_protect('output'::regclass);
-- A tenth to a third of the time that pglz takes to write 0.9 MB, and half to read it; a server may be built without it.
do $$ begin
  alter table output alter column body set compression lz4;
exception when feature_not_supported then null;
end $$;

-- output_ref: the output that the step has there, in place of one of its own in "output".
-- called: the step's first attempt stands here, with what was sent and the status of the answer, and has no row of its own.
alter table step add column output_ref text, add column output_bytes int,
  add column called boolean not null default false, add column request jsonb, add column http_status int;
