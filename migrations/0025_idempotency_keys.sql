-- Requests that create, by the key that their sender chose (Idempotency-Key): the same request under the same key is answered
-- as before and creates nothing. Rows count for 24 hours, and go with the installation.
create table idempotency_key (
  installation_id bigint not null references installation on delete cascade,
  -- Of the key together with who sent it: the key itself is not stored.
  key_sha256 text not null,
  -- Who is at work under the key; past claimed_until another may take it. Without claimed_until the answer is there.
  claim uuid not null,
  claimed_until timestamptz,
  -- What was asked for and, once it is there, the answer.
  sealed text not null,
  created_at timestamptz not null default now(),
  primary key (installation_id, key_sha256)
);
create index idempotency_key_created on idempotency_key (installation_id, created_at);

select timewire_protect('idempotency_key'::regclass);
