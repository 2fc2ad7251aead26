create or replace function timewire_jobs_changed() returns trigger language plpgsql as $$
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
