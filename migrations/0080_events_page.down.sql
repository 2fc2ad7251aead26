alter table entity_head drop column first_repeat_at, drop column last_repeat_at;
drop table event_view;
