-- A version before schedules of workflows fires what it finds due in schedule as that of a flow: with an event of a schedule for
-- its input, whatever max_runs is, and without a row of schedule_firing. While both versions run, the slots of workflows stand
-- where it does not look.
alter table schedule
  -- Of a workflow: its first slot that has not fired; next_at is out of reach. Null: it is next_at.
  add column slot_at timestamptz;

-- Whoever moves next_at of such a schedule moves its slot, whichever version it is.
create function timewire_move_slot() returns trigger language plpgsql as $$
begin
  if new.next_at <> '9999-12-31 00:00Z'::timestamptz then
    new.slot_at := new.next_at;
    new.next_at := '9999-12-31 00:00Z';
  end if;
  return new;
end $$;
create trigger schedule_slot before update of next_at on schedule
  for each row when (old.slot_at is not null) execute function timewire_move_slot();

create function timewire_hide_slot() returns trigger language plpgsql as $$
begin
  update schedule set slot_at = next_at, next_at = '9999-12-31 00:00Z'
  where installation_id = new.installation_id and id = new.schedule_id and slot_at is null;
  return null;
end $$;
create trigger workflow_schedule_slot after insert on workflow_schedule
  for each row execute function timewire_hide_slot();

select set_config('timewire.installations', 'all', true);
update schedule set slot_at = next_at, next_at = '9999-12-31 00:00Z'
from workflow_schedule own where own.schedule_id = schedule.id;

create index schedule_slots_due on schedule (coalesce(slot_at, next_at)) where enabled and flow_id is not null;
