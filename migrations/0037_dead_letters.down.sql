alter table job drop column event_id;
