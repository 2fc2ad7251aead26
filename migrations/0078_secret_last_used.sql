-- When a secret that is being replaced was used last: whether its sender has the new one.
alter table custom_source_secret add column last_used_at timestamptz;
