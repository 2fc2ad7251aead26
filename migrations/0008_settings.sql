-- When the settings of an installation were last read from Clockify, and why the newest try failed.
alter table installation add column settings_read_at timestamptz;
alter table installation add column settings_error text;
