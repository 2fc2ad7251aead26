drop table flow_gate;
