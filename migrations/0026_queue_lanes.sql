-- Lanes of the queue: a row for each kind of jobs of an installation, so that a claim reads a few rows of who has work now.

alter table job add column if not exists blocked boolean not null default false;
-- On a large table these are made outside, with the column that one of them needs (CHANGELOG.md).
create index if not exists job_lane on job (installation_id, kind, blocked, due_at, id) where finished_at is null;
create unique index if not exists job_run on job (installation_id, (payload->>'run_id'))
  where finished_at is null and kind = 'run';
-- Of each order key, who is not blocked: one at most.
create index if not exists job_head on job (installation_id, order_key)
  where finished_at is null and order_key is not null and not blocked;
drop index job_due;

create table queue_lane (
  installation_id bigint not null,
  kind text not null,
  -- When a job of the lane may be due: never later than the first of them that is open and not blocked, or than not_before
  -- where that is later. Infinity: none is known.
  next_due_at timestamptz not null default 'infinity',
  -- Until then no job of the lane is claimed: its installation is over its pace.
  not_before timestamptz not null default '-infinity',
  -- Most jobs of the lane in one claim, once it has been over its pace and until it is empty. Null: no limit of its own.
  claim_limit int,
  primary key (installation_id, kind)
) with (fillfactor = 50);
create index queue_lane_due on queue_lane (next_due_at);
select timewire_protect('queue_lane'::regclass);

-- What could not be done without waiting for another transaction, for the next claim to do: to lower a lane, or to look whose
-- turn it is of an order key. So who changes jobs waits for none that changes others.
create table queue_hint (
  installation_id bigint not null,
  -- Of a lane.
  kind text,
  due_at timestamptz,
  -- Else of an order key.
  order_key text
);
select timewire_protect('queue_hint'::regclass);

-- Jobs have come in or become due earlier: no lane is later than they are. The key share that is held until the commit keeps
-- a lane from being raised meanwhile, and keeps out none who lowers it; it gives the lane as it then stands. Plans of
-- functions are kept for long: one from when the table was small must not read all of it later.
create function timewire_lower_lanes(installation_ids bigint[], kinds text[], due_ats timestamptz[]) returns void
language plpgsql set enable_seqscan = off as $$
declare
  lanes int;
  low bigint[];
begin
  select count(*), coalesce(array_agg(place) filter (where next_due_at <= greatest(due_at, not_before)), '{}') into lanes, low
  from unnest(installation_ids, kinds, due_ats) with ordinality as due(installation_id, kind, due_at, place),
  lateral (
    select next_due_at, not_before from queue_lane
    where installation_id = due.installation_id and kind = due.kind for key share
  ) held;
  if cardinality(low) = cardinality(installation_ids) then
    return;
  end if;
  if lanes < cardinality(installation_ids) then
    insert into queue_lane (installation_id, kind)
    select * from unnest(installation_ids, kinds) as due(installation_id, kind) order by 1, 2
    on conflict do nothing;
  end if;
  with late as materialized (
    select * from unnest(installation_ids, kinds, due_ats) with ordinality as due(installation_id, kind, due_at, place)
    where place <> all (low)
  ),
  held as materialized (
    select late.* from late, lateral (
      select from queue_lane where installation_id = late.installation_id and kind = late.kind
      for no key update skip locked
    ) lane
  ),
  lowered as (
    update queue_lane lane set next_due_at = least(lane.next_due_at, greatest(held.due_at, lane.not_before))
    from held where lane.installation_id = held.installation_id and lane.kind = held.kind
  )
  insert into queue_hint (installation_id, kind, due_at)
  select installation_id, kind, due_at from late where not exists (select 1 from held where held.place = late.place);
end $$;

-- Lanes that look due and have nothing to claim are raised to what they have. One that a transaction lowered, or found low
-- enough, is left as it is until that has ended. The jobs are read by a later snapshot than the locks: of every transaction
-- that held the lane before.
create function timewire_raise_lanes(installation_ids bigint[], kinds text[]) returns int
language plpgsql set enable_seqscan = off set enable_bitmapscan = off as $$
declare
  lane_ids bigint[];
  lane_kinds text[];
  raised int := 0;
begin
  select array_agg(installation_id), array_agg(kind) into lane_ids, lane_kinds from (
    select lane.* from unnest(installation_ids, kinds) as empty(installation_id, kind), lateral (
      select installation_id, kind from queue_lane
      where installation_id = empty.installation_id and kind = empty.kind and next_due_at <= now()
      for update skip locked
    ) lane
  ) locked;
  if lane_ids is not null then
    update queue_lane lane set next_due_at = later.due_at,
      claim_limit = case when later.due_at > lane.not_before then null else lane.claim_limit end
    from (
      select mine.installation_id, mine.kind, greatest(mine.not_before, coalesce((
        select job.due_at from job
        where job.installation_id = mine.installation_id and job.kind = mine.kind and not job.blocked
          and job.finished_at is null order by job.due_at limit 1), 'infinity')) as due_at
      from unnest(lane_ids, lane_kinds) as locked(installation_id, kind)
      join queue_lane mine using (installation_id, kind)
    ) later
    where lane.installation_id = later.installation_id and lane.kind = later.kind and later.due_at > now();
    get diagnostics raised = row_count;
  end if;
  return raised;
end $$;

-- Takes the locks of order keys that are free, a thousand at most, until the commit, and gives for each key whether it is
-- held; for the others it leaves hints. Each statement after it sees what the earlier holders of these locks did.
create function timewire_take_order_keys(installation_ids bigint[], order_keys text[]) returns boolean[]
language plpgsql as $$
declare
  taken boolean[];
begin
  with tried as materialized (
    select *, pg_try_advisory_xact_lock(1953066353, (hashtextextended(order_key, installation_id) & 1023)::int) as free
    from unnest(installation_ids, order_keys) with ordinality as changed(installation_id, order_key, place)
  ),
  hinted as (
    insert into queue_hint (installation_id, order_key) select installation_id, order_key from tried where not free
  )
  select array_agg(free order by place) into taken from tried;
  return taken;
end $$;

-- Of jobs with one order key one is not blocked, the oldest: the others are not looked at until it has ended. Of the keys that
-- are held, the oldest job may be claimed where none may; its update lowers the lane.
create function timewire_unblock(installation_ids bigint[], order_keys text[], held_keys boolean[]) returns void
language plpgsql set enable_seqscan = off set plan_cache_mode = force_custom_plan as $$
begin
  with head as materialized (
    select first.* from unnest(installation_ids, order_keys, held_keys) as changed(installation_id, order_key, held),
    lateral (
      select job.id, job.installation_id, job.order_key, job.blocked from job
      where job.installation_id = changed.installation_id and job.order_key = changed.order_key and job.finished_at is null
      order by job.id limit 1
    ) first
    where changed.held
  ),
  wanted as materialized (
    select * from head where blocked and (
      select id from job other
      where other.installation_id = head.installation_id and other.order_key = head.order_key
        and other.finished_at is null and not other.blocked limit 1) is null
  ),
  free as materialized (
    select job.id from wanted join job on job.id = wanted.id for update of job skip locked
  ),
  unblocked as (
    update job set blocked = false from free where job.id = free.id
  )
  insert into queue_hint (installation_id, order_key)
  select installation_id, order_key from wanted where id not in (select id from free);
end $$;

-- Blocks those of the jobs, which came in together, that have an earlier one, and gives their ids. The order by makes the
-- planner take the index of order keys where it knows nothing of the table.
create function timewire_block(
  ids bigint[], installation_ids bigint[], order_keys text[], held_keys boolean[]
) returns bigint[]
language plpgsql set enable_seqscan = off set plan_cache_mode = force_custom_plan as $$
declare
  blocked_ids bigint[];
begin
  select coalesce(array_agg(fresh.id), '{}') into blocked_ids
  from unnest(ids, installation_ids, order_keys, held_keys) as fresh(id, installation_id, order_key, held)
  where not fresh.held
    or (
      select id from job earlier
      where earlier.installation_id = fresh.installation_id and earlier.order_key = fresh.order_key
        and earlier.id < fresh.id and earlier.finished_at is null order by id limit 1) is not null
    -- One with a higher number was committed before.
    or (
      select id from job other
      where other.installation_id = fresh.installation_id and other.order_key = fresh.order_key
        and other.id > fresh.id and other.id <> all (ids) and other.finished_at is null and not other.blocked
      limit 1) is not null;
  if blocked_ids <> '{}' then
    update job set blocked = true where id = any (blocked_ids);
  end if;
  return blocked_ids;
end $$;

create function timewire_jobs_added() returns trigger language plpgsql as $$
declare
  blocked_ids bigint[] := '{}';
  installation_ids bigint[];
  order_keys text[];
  held_keys boolean[];
  kinds text[];
  due_ats timestamptz[];
begin
  -- Nearly always all there is to do: a lane that is early enough is locked, and nothing else.
  select array_agg(due.installation_id), array_agg(due.kind), array_agg(due.due_at), array_agg(ordered)
  into installation_ids, kinds, due_ats, held_keys
  from (
    select installation_id, kind, min(due_at) as due_at, bool_or(order_key is not null) as ordered
    from added where finished_at is null and not blocked group by 1, 2
  ) due
  left join lateral (
    select next_due_at, not_before from queue_lane
    where installation_id = due.installation_id and kind = due.kind for key share
  ) held on true
  where ordered or held.next_due_at is null or held.next_due_at > greatest(due.due_at, held.not_before);
  if installation_ids is null then
    return null;
  end if;
  if true = any (held_keys) then
    select array_agg(installation_id), array_agg(order_key) into installation_ids, order_keys
    from (select distinct installation_id, order_key from added where order_key is not null and finished_at is null) keys;
    held_keys := timewire_take_order_keys(installation_ids, order_keys);
    select timewire_block(array_agg(added.id), array_agg(added.installation_id), array_agg(added.order_key),
      array_agg(changed.held)) into blocked_ids
    from added join unnest(installation_ids, order_keys, held_keys) as changed(installation_id, order_key, held)
      using (installation_id, order_key)
    where added.finished_at is null;
    select array_agg(installation_id), array_agg(kind), array_agg(due_at) into installation_ids, kinds, due_ats
    from (
      select installation_id, kind, min(due_at) as due_at from added
      where finished_at is null and not blocked and id <> all (coalesce(blocked_ids, '{}')) group by 1, 2
    ) due;
    if installation_ids is null then
      return null;
    end if;
  end if;
  perform timewire_lower_lanes(installation_ids, kinds, due_ats);
  return null;
end $$;

create function timewire_jobs_removed() returns trigger language plpgsql as $$
declare
  installation_ids bigint[];
  order_keys text[];
begin
  select array_agg(installation_id), array_agg(order_key) into installation_ids, order_keys
  from (select distinct installation_id, order_key from removed where order_key is not null and finished_at is null) keys;
  if installation_ids is not null then
    perform timewire_unblock(installation_ids, order_keys, timewire_take_order_keys(installation_ids, order_keys));
  end if;
  return null;
end $$;

create function timewire_jobs_changed() returns trigger language plpgsql as $$
declare
  installation_ids bigint[];
  order_keys text[];
  kinds text[];
  due_ats timestamptz[];
begin
  if exists (select 1 from after where order_key is not null and finished_at is not null) then
    select array_agg(installation_id), array_agg(order_key) into installation_ids, order_keys
    from (
      select distinct before.installation_id, before.order_key from before join after using (id)
      where before.order_key is not null and before.finished_at is null and after.finished_at is not null
    ) keys;
    if installation_ids is not null then
      perform timewire_unblock(installation_ids, order_keys, timewire_take_order_keys(installation_ids, order_keys));
    end if;
  end if;
  select array_agg(installation_id), array_agg(kind), array_agg(due_at) into installation_ids, kinds, due_ats
  from (
    select after.installation_id, after.kind, min(after.due_at) as due_at from before join after using (id)
    where after.finished_at is null and not after.blocked and (after.due_at < before.due_at or before.blocked)
    group by 1, 2
  ) due;
  if installation_ids is not null then
    perform timewire_lower_lanes(installation_ids, kinds, due_ats);
  end if;
  return null;
end $$;

-- Does what the hints say, but for what another transaction holds.
create function timewire_follow_hints() returns void language plpgsql as $$
declare
  installation_ids bigint[];
  order_keys text[];
begin
  if not exists (select 1 from queue_hint) then
    return;
  end if;
  with held as materialized (
    select lane.installation_id, lane.kind
    from (select distinct installation_id, kind from queue_hint where kind is not null) hinted
    join queue_lane lane using (installation_id, kind) for no key update of lane skip locked
  ),
  followed as (
    delete from queue_hint hint using held
    where hint.installation_id = held.installation_id and hint.kind = held.kind
    returning hint.installation_id, hint.kind, hint.due_at
  )
  update queue_lane lane set next_due_at = least(lane.next_due_at, greatest(due.due_at, lane.not_before))
  from (select installation_id, kind, min(due_at) as due_at from followed group by 1, 2) due
  where lane.installation_id = due.installation_id and lane.kind = due.kind;

  select array_agg(installation_id), array_agg(order_key) into installation_ids, order_keys
  from (select distinct installation_id, order_key from queue_hint where order_key is not null) hinted
  where pg_try_advisory_xact_lock(1953066353, (hashtextextended(order_key, installation_id) & 1023)::int);
  if installation_ids is not null then
    delete from queue_hint hint using unnest(installation_ids, order_keys) as held(installation_id, order_key)
    where hint.installation_id = held.installation_id and hint.order_key = held.order_key;
    perform timewire_unblock(installation_ids, order_keys, array_fill(true, array[cardinality(installation_ids)]));
  end if;
end $$;

create trigger jobs_added after insert on job referencing new table as added
  for each statement execute function timewire_jobs_added();
create trigger jobs_changed after update on job referencing old table as before new table as after
  for each statement execute function timewire_jobs_changed();
create trigger jobs_removed after delete on job referencing old table as removed
  for each statement execute function timewire_jobs_removed();

-- What is there: the lane of each, from now on looked at by the first claim; and who waits for an earlier job.
select set_config('timewire.installations', 'all', true);
insert into queue_lane (installation_id, kind, next_due_at)
  select distinct installation_id, kind, 'epoch'::timestamptz from job where finished_at is null;
update job set blocked = true
where order_key is not null and finished_at is null and state <> 'executing' and exists (
  select 1 from job earlier
  where earlier.installation_id = job.installation_id and earlier.order_key = job.order_key
    and earlier.id < job.id and earlier.finished_at is null);
