-- What the Events page keeps: filters that a workspace saves under a name, and when duplicates of an event came.

create table event_view (
  id bigint generated always as identity primary key,
  installation_id bigint not null references installation on delete cascade,
  name text not null check (char_length(name) between 1 and 80),
  -- Names and values of the filter, as POST /ui/event-views takes them.
  filter jsonb not null check (octet_length(filter::text) <= 4096),
  -- Who changed it last: Clockify user id, or "operator:" and the name of its key.
  person text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
-- Each name once, in any case; and for the list.
create unique index event_view_name on event_view (installation_id, lower(name));
select timewire_protect('event_view'::regclass);

-- Of the repeats that a head counts; null where it has none, and where the version before counted them.
alter table entity_head add column first_repeat_at timestamptz, add column last_repeat_at timestamptz;
