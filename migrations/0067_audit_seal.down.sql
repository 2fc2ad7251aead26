-- The version before knows the chain alone: what is not sealed yet is put into it as the sealer does.
select set_config('timewire.installations', 'all', true);
do $$
declare
  waiting record;
  previous record;
  next_number bigint;
  before bytea;
begin
  for waiting in select * from api_audit_unsealed order by id loop
    select number, sha256 into previous from api_audit
    where installation_id = waiting.installation_id order by number desc limit 1;
    next_number := coalesce(previous.number, 0) + 1;
    before := coalesce(previous.sha256, decode(repeat('00', 32), 'hex'));
    insert into api_audit (installation_id, number, at, actor, action, entity_type, entity_id, changes, request_id,
      previous_sha256, sha256)
    values (waiting.installation_id, next_number, waiting.at, waiting.actor, waiting.action, waiting.entity_type,
      waiting.entity_id, waiting.changes, waiting.request_id, before,
      sha256(before || convert_to('[' || next_number || ',' || waiting.hashed, 'UTF8')));
  end loop;
end $$;
drop table api_audit_unsealed;
drop table api_audit_head;
