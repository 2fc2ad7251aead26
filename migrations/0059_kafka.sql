-- Kafka: what is published after the commit that caused it, and cancellations that came before their run.

-- Of 0054, which nothing has used: a message is made of the run as it stands, so that it is not stored a second time.
drop table kafka_outbox;
create table kafka_outbox (
  id bigint generated always as identity primary key,
  installation_id bigint not null references installation on delete cascade,
  run_id uuid not null references run on delete cascade,
  kind text not null check (kind in ('execution', 'cancellation')),
  -- Of a cancellation.
  cancelled_by text,
  reason text,
  created_at timestamptz not null default now(),
  -- An instance publishes it until then; null: none does.
  claimed_until timestamptz,
  -- Raised by each claim: what an earlier one sent removes nothing.
  claims int not null default 0
);
create index kafka_outbox_owner on kafka_outbox (installation_id, id);
create index kafka_outbox_run on kafka_outbox (run_id);
select timewire_protect('kafka_outbox'::regclass);

-- Messages of the two topics have no order between them: the run is started as cancelled when its own message comes.
create table kafka_early_cancel (
  installation_id bigint not null references installation on delete cascade,
  run_id uuid not null,
  cancelled_by text not null,
  reason text,
  created_at timestamptz not null default now(),
  primary key (installation_id, run_id)
);
select timewire_protect('kafka_early_cancel'::regclass);
