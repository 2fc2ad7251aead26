-- Plan that made another request of a failed step than the one it failed with (a retry with the present version of the flow):
-- part of the step's Idempotency-Key from then on. Null: the key is the run's and the step's alone.
alter table step add column key_plan_id bigint;
