alter table installation drop column settings_read_at, drop column settings_error;
