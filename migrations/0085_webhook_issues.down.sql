drop index webhook_delivery_failed;
alter table run_webhook drop column fault_at;
