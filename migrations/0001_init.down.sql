-- Takes 0001_init.sql back: everything is dropped, all data is lost.
drop table attempt, step, run, flow_trigger, flow, plan, job, entity_head, event, installation_webhook, installation_retired, installation, meta;
drop sequence event_id_seq;
