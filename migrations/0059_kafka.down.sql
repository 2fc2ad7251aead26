drop table kafka_early_cancel;
drop table kafka_outbox;
create table kafka_outbox (
  id bigint generated always as identity primary key,
  installation_id bigint not null references installation on delete cascade,
  topic text not null,
  key text not null,
  body text not null,
  created_at timestamptz not null default now()
);
create index kafka_outbox_owner on kafka_outbox (installation_id, id);
select timewire_protect('kafka_outbox'::regclass);
