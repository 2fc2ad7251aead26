-- 0023 read the tokens of before as the owner of the tables, who is bound by row-level security unless it is a superuser: it
-- found none. What it found elsewhere stays.
select set_config('timewire.installations', 'all', true);
insert into token_seen (installation_id, token_sha256, kind)
  select installation_id, token_sha256, 'webhook' from installation_webhook
  union select installation_id, token_sha256, 'webhook' from user_webhook
  union select id, token_sha256, 'installation' from installation where token_sha256 is not null and verified
on conflict do nothing;
