drop trigger workflow_schedule_slot on workflow_schedule;
drop function timewire_hide_slot;
drop trigger schedule_slot on schedule;
drop function timewire_move_slot;
drop index schedule_slots_due;
select set_config('timewire.installations', 'all', true);
update schedule set next_at = slot_at where slot_at is not null;
alter table schedule drop column slot_at;
