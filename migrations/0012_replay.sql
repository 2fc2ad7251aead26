-- Replays asked for in the workspace so far: the next one takes the next number, which its runs carry (run.replay).
alter table installation add column last_replay int not null default 0;
