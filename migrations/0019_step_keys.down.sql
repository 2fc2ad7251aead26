alter table step drop column key_plan_id;
