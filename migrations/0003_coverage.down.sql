-- Takes 0003_coverage.sql back. Webhooks that were registered with an API key stay at Clockify: remove the keys before.
drop table coverage_check, coverage, user_webhook, installation_secret;
