drop trigger entity_name_key on entity_cache;
drop function timewire_entity_name_key();
-- Its indexes go with it.
alter table entity_cache drop column name_key;
