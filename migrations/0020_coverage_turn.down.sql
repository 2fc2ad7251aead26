drop table coverage_turn;
