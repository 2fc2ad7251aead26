-- Flows that Timewire keeps by itself for a setting: hidden from people's lists, not changed by them.
alter table flow add column builtin text check (builtin in ('forwarding'));
create unique index flow_builtin on flow (installation_id, builtin) where builtin is not null;
