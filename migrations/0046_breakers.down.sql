drop table breaker;
