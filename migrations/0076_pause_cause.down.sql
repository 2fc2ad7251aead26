alter table upstream_budget drop column refused_at, drop column asked_ms;
