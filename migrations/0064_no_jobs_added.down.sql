create or replace function timewire_jobs_added() returns trigger language plpgsql as $$
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
