-- The audit's changes without what operators only read: counted, and those of one person, without a look at the reads.
create index audit_changes on audit (installation_id, actor, id) where action !~ '^(GET|HEAD) ';
