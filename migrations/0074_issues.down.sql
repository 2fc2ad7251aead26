drop table issue_mark;
