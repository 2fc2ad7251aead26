do $$
declare
  name text;
begin
  foreach name in array array['event', 'entity_head', 'job', 'plan', 'flow', 'flow_trigger', 'run', 'step', 'attempt',
    'installation', 'installation_webhook', 'installation_retired'] loop
    execute format('drop policy tenant on %I', name);
    execute format('alter table %I no force row level security', name);
    execute format('alter table %I disable row level security', name);
  end loop;
end $$;
delete from event where custom_source is not null;
alter table event drop column custom_source, drop column custom_type;
alter table installation_webhook drop column workspace_id;
alter table step drop column installation_id;
alter table attempt drop column installation_id;
drop function timewire_protect(regclass);
drop function timewire_sees_all();
drop function timewire_installations();
drop function timewire_workspace();
