drop table agent_calls;
