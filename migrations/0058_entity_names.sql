-- Entities by their names, for look-ups of flows: an expression on the body is no condition that an index may answer where
-- row-level security stands before it, so the name has a column. Made by the database, so that a version before writes it too.

alter table entity_cache add column if not exists name_key text;
comment on column entity_cache.name_key is 'MD5 of the name, empty without one; null: written before there was the column';

create function timewire_entity_name_key() returns trigger language plpgsql as $$
begin
  new.name_key := case when new.body->>'name' is null then '' else md5(new.body->>'name') end;
  return new;
end
$$;
create trigger entity_name_key before insert or update of body on entity_cache
  for each row execute function timewire_entity_name_key();

-- On a large table both are made outside, with the column (CHANGELOG.md). The second one holds what was written before, less with each read.
create index if not exists entity_cache_name on entity_cache (installation_id, entity_type, name_key) where name_key <> '';
create index if not exists entity_cache_unnamed on entity_cache (installation_id, entity_type) where name_key is null;
