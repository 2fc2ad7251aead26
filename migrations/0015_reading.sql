-- Reading lists: what is gone is what two looks in a row missed, and what is learnt between two reads is in the cache at once.

select set_config('timewire.installations', 'all', true);

alter table entity_cache
  -- Of a list that is read once per entity of another: which one it hangs on.
  add column parent_id text not null default '',
  -- Pass of the read (bootstrap_read.pass) that saw it last; 0: it was learnt otherwise.
  add column pass int not null default 1,
  -- When an event, a write of ours or a look-up brought it last: newer than any list that was asked for before.
  add column learnt_at timestamptz,
  -- Clockify said that it was deleted. The row goes with the next read; until then nothing late revives it.
  add column deleted_at timestamptz;
update entity_cache set parent_id = coalesce(body->>'projectId', '') where entity_type = 'task';
update entity_cache set parent_id = coalesce(body->>'userId', '') where entity_type = 'time_entry';

-- A list is read until two passes in a row agree; `pages` counts those of all passes.
alter table bootstrap_read
  add column pass int not null default 1,
  add column pages int not null default 0;
update bootstrap_read set pages = next_page - 1;

-- By entity type, the newest read that saw its list whole: what it saw stays until a later whole read does not see it.
alter table bootstrap_state add column whole jsonb not null default '{}';

alter table polled_family
  -- At the last whole round: an empty list is read less often.
  add column empty boolean not null default false,
  -- {missing, known}: so many were missing at once that the list itself is doubted.
  add column doubt jsonb;

alter table polled_entity
  add column parent_id text not null default '',
  -- Of the fields that the hash is made of: a hash of other fields says nothing of a change.
  add column hash_version int not null default 1;
update polled_entity set parent_id = coalesce(body->>'projectId', '') where family = 'task';

-- The entities that a polled list hangs on: it is read below those that changed, and below the others now and then.
create table polled_parent (
  installation_id bigint not null references installation on delete cascade,
  family text not null,
  parent_id text not null,
  -- The round that saw it last in its own list.
  seen int not null,
  -- The round that read below it last, when, and what it was like then. 0: none did.
  round int not null default 0,
  read_at timestamptz,
  body_sha256 bytea,
  primary key (installation_id, family, parent_id)
) with (fillfactor = 80);
select timewire_protect('polled_parent'::regclass);
