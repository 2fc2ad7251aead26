-- Every token that was ever stored for an installation, by its hash and by what it is for: a webhook's token and the
-- installation's own are signed like a lifecycle token, and must not pass for one after another took their place. Rows go
-- with the installation. seen_at: what other instances look for to learn of tokens that this one stored.
create table token_seen (
  installation_id bigint not null references installation on delete cascade,
  token_sha256 bytea not null,
  kind text not null check (kind in ('webhook', 'installation')),
  seen_at timestamptz not null default now(),
  primary key (installation_id, token_sha256)
);
create index token_seen_at on token_seen (seen_at);

insert into token_seen (installation_id, token_sha256, kind)
  select installation_id, token_sha256, 'webhook' from installation_webhook
  union select installation_id, token_sha256, 'webhook' from user_webhook
  union select id, token_sha256, 'installation' from installation where token_sha256 is not null and verified
on conflict do nothing;

select timewire_protect('token_seen'::regclass);

-- A trigger, so that the tokens that an instance of the version before stores while both run are known too.
create function timewire_token_stored() returns trigger language plpgsql as $$
begin
  insert into token_seen (installation_id, token_sha256, kind) values (new.installation_id, new.token_sha256, 'webhook')
  on conflict (installation_id, token_sha256) do update set seen_at = now();
  return null;
end $$;
create trigger token_stored after insert or update of token_sha256 on installation_webhook
  for each row execute function timewire_token_stored();
create trigger token_stored after insert or update of token_sha256 on user_webhook
  for each row execute function timewire_token_stored();

-- What other instances look for to learn of sources that this one made.
create index custom_source_created on custom_source (created_at);
