drop table api_session;
