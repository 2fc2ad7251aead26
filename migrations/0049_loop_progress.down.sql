alter table step drop column progress;
