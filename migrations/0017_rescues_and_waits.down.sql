alter table step drop column waited_ms;
alter table job drop column rescues;
