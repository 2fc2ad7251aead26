drop table confirm_token;
drop table guard_request;
drop table guard_policy;
