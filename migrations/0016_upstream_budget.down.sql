drop table upstream_budget;
