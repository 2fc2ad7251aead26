drop table clockify_call;
