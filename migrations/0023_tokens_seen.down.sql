drop index custom_source_created;
drop trigger token_stored on user_webhook;
drop trigger token_stored on installation_webhook;
drop function timewire_token_stored();
drop table token_seen;
