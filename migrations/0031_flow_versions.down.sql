alter table flow drop column switched;
drop table flow_version;
