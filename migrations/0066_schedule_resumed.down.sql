alter table workflow_schedule drop column resumed_at;
