-- Bytes of stored events per installation, for the quota of a workspace. Added to every two seconds from what ingest stored,
-- and given back by retention in the transaction that deletes. A killed process loses its last seconds: an estimate.
create table stored_bytes (
  installation_id bigint primary key references installation on delete cascade,
  bytes bigint not null default 0,
  -- The first event that counts. Those stored before this migration do not and are not given back, so it need not read them.
  counted_from bigint not null,
  -- When 80 % and the whole of the quota were reached, as long as that lasts.
  warned_at timestamptz,
  full_at timestamptz
) with (fillfactor = 50);
select timewire_protect('stored_bytes'::regclass);

do $$ begin
  execute format('alter table stored_bytes alter column counted_from set default %s',
    (select case when is_called then last_value + 1 else last_value end from event_id_seq));
end $$;
