alter table step drop column retried_after;
drop index run_failed;
