-- The sender that a source was made for, the newest request that proved no sender and why, and secrets that a sender gave with
-- its first request, until an admin has seen them.
alter table custom_source
  add column preset text,
  add column last_refused_at timestamptz,
  add column last_refused_reason text;
alter table custom_source_secret add column is_unseen boolean not null default false;
