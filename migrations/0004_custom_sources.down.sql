drop table custom_source_secret;
drop table custom_source;
