-- Slots of a schedule that passed without a run of their own: how many, and when that was noticed last.
alter table schedule add column missed_slots int not null default 0, add column missed_at timestamptz;

-- How often the loop guard stopped a flow, for those whom it concerns: with the event it did so for last.
create table flow_loop (
  installation_id bigint not null references installation on delete cascade,
  flow_id bigint not null references flow on delete cascade,
  times int not null,
  first_at timestamptz not null default now(),
  last_at timestamptz not null default now(),
  event_id bigint not null,
  primary key (installation_id, flow_id)
);
create index flow_loop_of_flow on flow_loop (flow_id);
select timewire_protect('flow_loop'::regclass);
