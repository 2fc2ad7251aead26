select set_config('timewire.installations', 'all', true);
-- The version before this one would take them for signed ones.
update installation set status = 'uninstalled', generation = generation + 1, token_sealed = null, token_sha256 = null,
  uninstalled_at = coalesce(uninstalled_at, now()), updated_at = now()
where not verified and status <> 'uninstalled';
alter table installation drop column verified;
alter table job drop column generation;
alter table installation drop column ended_generation;
