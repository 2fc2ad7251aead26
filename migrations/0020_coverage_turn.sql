-- Which check of an installation's webhooks goes on while others step aside: two at once would register everything twice.
-- It holds for as long as the job executes.
create table coverage_turn (
  installation_id bigint primary key references installation on delete cascade,
  job_id bigint not null
);
select timewire_protect('coverage_turn'::regclass);
