drop index audit_changes;
