drop table audit, event_tally;
