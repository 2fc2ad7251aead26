drop table new_flow_draft;
drop index step_failed;
