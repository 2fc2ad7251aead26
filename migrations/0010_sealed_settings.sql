-- The setting forwarding_url may carry a secret in its path or query: it is sealed, and no plan, definition or attempt holds it.
alter table installation add column forwarding_url_sealed text;

select set_config('timewire.installations', 'all', true);
-- SQL cannot seal: what stood in clear goes, and is read again from Clockify.
insert into job (kind, installation_id, payload)
  select 'settings', id, '{}' from installation where status = 'active' and settings ? 'forwarding_url';
update installation set settings = settings - 'forwarding_url' where settings ? 'forwarding_url';
update flow set definition = definition - 'url' where builtin = 'forwarding';
update plan set body = body #- '{root,steps,0,input,url}' where body #>> '{root,steps,0,action}' = 'forward';
update attempt set request = request - 'url' from step
  where step.installation_id = attempt.installation_id and step.run_id = attempt.run_id and step.path = attempt.path
    and step.action = 'forward' and attempt.request ? 'url';
