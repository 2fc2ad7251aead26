-- The action that a run failed at, for lists of runs: without it all steps of the run are read, of a loop over 10,000 items as many.
-- On a large table it is made outside (CHANGELOG.md). Few steps fail, so that it costs the others nothing.
create index if not exists step_failed on step (run_id, finished_at desc) where state = 'failed' and kind = 'action';

-- Drafts of flows that were never saved: what somebody works on, so that a closed tab loses nothing. A flow's own draft is its version 0.
create table new_flow_draft (
  id bigint generated always as identity primary key,
  installation_id bigint not null references installation on delete cascade,
  -- As of a draft of a flow: any of a flow's fields in any state, its secrets sealed.
  definition jsonb not null,
  author text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index new_flow_draft_of_installation on new_flow_draft (installation_id, updated_at desc);
select timewire_protect('new_flow_draft'::regclass);
