-- Webhooks on runs as issues: since when the program has one switched off, and what failed of each, found without what waits.

alter table run_webhook add column fault_at timestamptz;
select set_config('timewire.installations', 'all', true);
update run_webhook set fault_at = updated_at where fault is not null;

create index webhook_delivery_failed on webhook_delivery (installation_id, finished_at) where state = 'failed';
