alter table custom_source_secret drop column last_used_at;
