-- The record of requests to Clockify, whoever made them. Written in batches, up to a second after the call.

create table clockify_call (
  -- UUID version 7 of the time it was sent: newest first is by id, and a batch that is written twice leaves each row once.
  id uuid not null,
  installation_id bigint not null references installation on delete cascade,
  -- When it was sent, by the clock of the instance; whole milliseconds, as the id has them.
  at timestamptz not null,
  origin text not null check (origin in
    ('flow', 'person', 'undo', 'bootstrap', 'poll', 'coverage', 'settings', 'lookup', 'token')),
  -- Of a flow. The run may be deleted before the call, so nothing refers to it.
  run_id uuid,
  flow_id bigint,
  flow_version int,
  step_path text,
  -- Of a person, or of an undo: Clockify user id, or operator:<name>.
  person text,
  via text check (via in ('explorer', 'api_call')),
  change_id bigint,
  operation text not null,
  method text not null,
  -- Values of parameters that are neither ids, numbers, dates nor flags stand as an ellipsis.
  path text not null,
  -- Null: there was no answer.
  status int,
  outcome text not null check (outcome in ('succeeded', 'refused', 'failed', 'limited', 'aborted')),
  error_code text,
  -- From 1; later ones are quick retries of the same call.
  attempt int not null,
  duration_ms int not null,
  request_bytes bigint not null,
  answer_bytes bigint not null,
  -- Clockify's id of the request.
  upstream_id text,
  primary key (installation_id, id)
);
create index clockify_call_run on clockify_call (installation_id, run_id, id) where run_id is not null;
create index clockify_call_person on clockify_call (installation_id, person, id) where person is not null;
create index clockify_call_unsuccessful on clockify_call (installation_id, id) where outcome <> 'succeeded';
select timewire_protect('clockify_call'::regclass);
