select set_config('timewire.installations', 'all', true);
delete from issue_mark where issue ~ '^(refused|stopped|webhook)-';
alter table coverage drop column state_since;
drop table source_refusal;
