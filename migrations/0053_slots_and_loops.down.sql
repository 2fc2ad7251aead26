drop table flow_loop;
alter table schedule drop column missed_slots, drop column missed_at;
