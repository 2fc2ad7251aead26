select set_config('timewire.installations', 'all', true);
-- The version before knows no such origin.
delete from clockify_call where origin = 'test';
alter table clockify_call drop constraint clockify_call_origin_check, add constraint clockify_call_origin_check check (origin in
  ('flow', 'person', 'undo', 'bootstrap', 'poll', 'coverage', 'settings', 'lookup', 'token')) not valid;
