-- The version before reads neither the new schemes nor their options: such sources are switched off and hidden, not lost.
select set_config('timewire.installations', 'all', true);
update custom_source set deleted_at = now(), enabled = false
where deleted_at is null and (
  scheme not in ('standard_webhooks', 'hmac_sha256', 'basic', 'api_key', 'none')
  or options ?| array['query', 'body_path', 'signed_fields', 'timestamp_path', 'timestamp_format', 'secret_encoding',
    'secret_prefix', 'body_sha256_query']
  or options->>'encoding' = 'base64url'
  or options->>'challenge' not in ('slack', 'meta', 'microsoft_graph', 'dropbox')
  or options->'elements' ?| array['separator', 'assign']
  or options->>'signed' !~ '^[^{}]*(\{timestamp\}[^{}]*)?\{body\}$'
);
alter table custom_source_secret drop column is_unseen;
alter table custom_source
  drop column preset,
  drop column last_refused_at,
  drop column last_refused_reason;
