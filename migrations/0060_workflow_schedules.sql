-- Schedules of workflows, webhooks on the status of runs, and what the breakers of agents count.

-- What the Workflow Management API says of a schedule beside its slots, which stand in schedule. Whoever changes either locks
-- the row of schedule.
create table workflow_schedule (
  id uuid primary key,
  installation_id bigint not null references installation on delete cascade,
  workflow_id uuid not null references workflow on delete cascade,
  schedule_id bigint not null references schedule on delete cascade,
  name text not null,
  description text,
  -- Of each run.
  input jsonb not null,
  -- Runs of the schedule in progress at once: a slot beyond them is not fired.
  max_runs int not null check (max_runs between 1 and 100),
  -- Of a run that failed: pause switches the schedule off.
  on_failure text not null check (on_failure in ('continue', 'pause')),
  paused_at timestamptz,
  paused_by text,
  pause_reason text,
  revision int not null default 1,
  created_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index workflow_schedule_slots on workflow_schedule (schedule_id);
create unique index workflow_schedule_name on workflow_schedule (installation_id, name);
create index workflow_schedule_workflow on workflow_schedule (workflow_id);
select timewire_protect('workflow_schedule'::regclass);

-- What became of each slot: the last 100 of a schedule, and those whose runs are in progress.
create table schedule_firing (
  workflow_schedule_id uuid not null references workflow_schedule on delete cascade,
  installation_id bigint not null,
  slot timestamptz not null,
  outcome text not null check (outcome in ('started', 'held_back', 'not_executable', 'input_invalid')),
  -- Why no run began.
  reason text,
  -- No foreign key: retention deletes the run before.
  run_id uuid,
  fired_at timestamptz not null default now(),
  primary key (workflow_schedule_id, slot)
);
create index schedule_firing_owner on schedule_firing (installation_id);
select timewire_protect('schedule_firing'::regclass);

-- The schedule that started the run. No foreign key: who deletes one would wait until a year of its runs is written.
alter table workflow_run add column workflow_schedule_id uuid;
create index workflow_run_schedule on workflow_run (workflow_schedule_id, created_at) where workflow_schedule_id is not null;

alter table run_webhook add column description text, add column revision int not null default 1,
  add column updated_at timestamptz not null default now(),
  -- Why the program has switched it off.
  add column fault text;

-- Messages about runs: those that wait, and the last 100 that did not.
create table webhook_delivery (
  id uuid primary key default gen_random_uuid(),
  installation_id bigint not null,
  webhook_id uuid not null references run_webhook on delete cascade,
  -- run.completed and its like; webhook.test.
  event text not null,
  run_id uuid,
  -- Of the message; the same in each attempt.
  data jsonb not null,
  state text not null default 'pending' check (state in ('pending', 'delivered', 'failed')),
  attempts int not null default 0,
  http_status int,
  reason text,
  created_at timestamptz not null default now(),
  attempted_at timestamptz,
  finished_at timestamptz
);
create index webhook_delivery_listed on webhook_delivery (webhook_id, created_at, id);
create index webhook_delivery_pending on webhook_delivery (webhook_id) where state = 'pending';
create index webhook_delivery_owner on webhook_delivery (installation_id);
select timewire_protect('webhook_delivery'::regclass);

-- Statuses as the API says them.
create function timewire_run_word(state text) returns text language sql immutable
  as $$ select case state when 'waiting' then 'RUNNING' else upper(state) end $$;

-- The run has this status from now on: in the same transaction, a delivery and its job for each webhook that asks for it. It
-- waits for no other transaction. A webhook that 2,000 deliveries wait for gets no more: the last of its list says so.
create function timewire_send_status(of_run run, word text) returns void language plpgsql as $$
begin
  if not exists (select 1 from run_webhook where installation_id = of_run.installation_id and enabled) then
    return;
  end if;
  with wanted as materialized (
    select hook.id, workflow_run.workflow_id, workflow_run.version, workflow_run.triggered_by, workflow_run.correlation_id,
      workflow.name, (select count(*) from (select 1 from webhook_delivery waiting
        where waiting.webhook_id = hook.id and waiting.state = 'pending' limit 2000) counted) < 2000 as fits
    from workflow_run join workflow on workflow.id = workflow_run.workflow_id
    join run_webhook hook on hook.installation_id = of_run.installation_id and hook.enabled
      and (hook.workflow_id is null or hook.workflow_id = workflow_run.workflow_id)
      and (cardinality(hook.statuses) = 0 or word = any (hook.statuses))
    where workflow_run.run_id = of_run.id and workflow_run.installation_id = of_run.installation_id
  ),
  sent as (
    insert into webhook_delivery (installation_id, webhook_id, event, run_id, data, state, reason, finished_at)
    select of_run.installation_id, id, 'run.' || lower(word), of_run.id, jsonb_build_object(
        'run_id', 'run-' || of_run.id, 'id', of_run.id, 'status', word, 'workflow_id', 'wf-' || name || '-' || version,
        'workflow_name', name, 'workflow_definition_id', workflow_id, 'workflow_version', version,
        'triggered_by', triggered_by, 'correlation_id', correlation_id, 'error_code', of_run.error_code,
        'error_message', left(of_run.error_message, 2000)),
      case when fits then 'pending' else 'failed' end,
      case when not fits then 'was not sent: 2,000 deliveries of the webhook wait' end, case when not fits then now() end
    from wanted returning id, webhook_id, state
  ),
  -- Of a receiver that is away no delivery ends for long, which would forget the old ones.
  forgotten as (
    delete from webhook_delivery where id in (
      select id from webhook_delivery where state = 'failed' and id = any (array(
        select old.id from wanted, lateral (
          select id from webhook_delivery where webhook_id = wanted.id and state = 'failed'
          order by created_at desc, id desc offset 100 limit 100) old
        where not fits))
      for update skip locked)
  )
  insert into job (kind, installation_id, payload, order_key)
  -- Those of a run in their order; four lines of a webhook, so that one which is tried again holds up a part of the others.
  select 'webhook', of_run.installation_id, jsonb_build_object('delivery_id', id),
    'webhook:' || webhook_id || '/' || (hashtextextended(of_run.id::text, 0) & 3)
  from sent where state = 'pending';
end $$;

create function timewire_run_changed() returns trigger language plpgsql as $$
begin
  if timewire_run_word(old.state) = timewire_run_word(new.state) then
    return null;
  end if;
  perform timewire_send_status(new, timewire_run_word(new.state));
  -- Its schedule is paused by a job: the end of a run waits for no lock.
  if new.state = 'failed' and new.trigger_kind = 'schedule' then
    insert into job (kind, installation_id, payload)
    select 'schedule_pause', new.installation_id, jsonb_build_object('run_id', new.id)
    from workflow_run join workflow_schedule on workflow_schedule.id = workflow_run.workflow_schedule_id
    where workflow_run.run_id = new.id and workflow_schedule.on_failure = 'pause';
  end if;
  return null;
end $$;
-- Runs of workflows have no event: those of flows pass by at no cost.
create trigger run_changed after update of state on run
  for each row when (old.state is distinct from new.state and new.event_id is null) execute function timewire_run_changed();

create function timewire_run_noted() returns trigger language plpgsql as $$
declare
  begun run;
begin
  select * into begun from run where run.installation_id = new.installation_id and run.id = new.run_id;
  perform timewire_send_status(begun, timewire_run_word(begun.state));
  return null;
end $$;
create trigger run_noted after insert on workflow_run for each row execute function timewire_run_noted();

-- Retention deletes a workflow by its flow.
select set_config('timewire.installations', 'all', true);
update flow set deleted_at = workflow.updated_at from workflow
where workflow.flow_id = flow.id and workflow.status = 'deleted' and flow.deleted_at is null;

-- Breakers of agents are by their names now, no more by their hosts.
delete from breaker using installation where installation.id = breaker.installation_id and addon = 'workflow_api';

-- While half open: the calls that were let through, and those of them that were answered.
alter table breaker add column trials int not null default 0, add column answered int not null default 0;
