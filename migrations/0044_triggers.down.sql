drop index run_parent;
alter table run drop column chain;
