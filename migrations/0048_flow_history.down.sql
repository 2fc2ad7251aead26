drop table flow_history_match;
drop table flow_history;
