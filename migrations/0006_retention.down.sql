-- Takes 0006_retention.sql back. What was deleted stays deleted.
drop index run_by_plan, flow_by_plan, plan_by_installation;
alter table plan drop column unused_at;
drop table retention_count, retention_run;
