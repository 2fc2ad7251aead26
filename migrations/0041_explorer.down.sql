drop table explorer_saved;
drop table explorer_call;
