-- Row-level security: the second wall between workspaces. The first is that every statement names its installation.

-- What the present transaction may see, set by db/scope.ts: 'all', or installation ids with commas; and a workspace.
create function timewire_sees_all() returns boolean language sql stable
  as $$ select coalesce(current_setting('timewire.installations', true), '') = 'all' $$;
create function timewire_installations() returns bigint[] language sql stable
  as $$ select case when current_setting('timewire.installations', true) ~ '^[0-9]+(,[0-9]+)*$'
          then string_to_array(current_setting('timewire.installations', true), ',')::bigint[] else '{}' end $$;
create function timewire_workspace() returns text language sql stable
  as $$ select nullif(current_setting('timewire.workspace', true), '') $$;

-- Binds a table with installation_id to the transaction's scope, for its owner too. Sub-selects: evaluated once per statement, not per row.
create function timewire_protect(target regclass) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy tenant on %s using ((select timewire_sees_all())
    or installation_id = any ((select timewire_installations())::bigint[]))', target);
end $$;

-- The journal's rows name their installation as all others do.
alter table step add column installation_id bigint;
alter table attempt add column installation_id bigint;
update step set installation_id = run.installation_id from run where run.id = step.run_id;
update attempt set installation_id = run.installation_id from run where run.id = attempt.run_id;
delete from step where installation_id is null;
delete from attempt where installation_id is null;
alter table step alter column installation_id set not null;
alter table attempt alter column installation_id set not null;

-- A webhook is looked up before its installation is known: by workspace.
alter table installation_webhook add column workspace_id text;
update installation_webhook set workspace_id = installation.workspace_id
  from installation where installation.id = installation_webhook.installation_id;
alter table installation_webhook alter column workspace_id set not null;

-- An event of another system: the source it came from and the type its sender named. event_type is then 'custom:<source>'.
alter table event add column custom_source text;
alter table event add column custom_type text;

select timewire_protect(name::regclass)
from unnest(array['event', 'entity_head', 'job', 'plan', 'flow', 'flow_trigger', 'run', 'step', 'attempt']) as name;

alter table installation enable row level security;
alter table installation force row level security;
create policy tenant on installation using ((select timewire_sees_all())
  or id = any ((select timewire_installations())::bigint[]) or workspace_id = (select timewire_workspace()));
alter table installation_webhook enable row level security;
alter table installation_webhook force row level security;
create policy tenant on installation_webhook using ((select timewire_sees_all())
  or installation_id = any ((select timewire_installations())::bigint[]) or workspace_id = (select timewire_workspace()));
alter table installation_retired enable row level security;
alter table installation_retired force row level security;
create policy tenant on installation_retired using ((select timewire_sees_all()) or workspace_id = (select timewire_workspace()));
