-- What is counted apart: claims of a job that ended with their process, and the time that a step was asked to wait.

-- Lost leases in a row; attempt counts failures alone. A claim that comes to its end by itself, also by an orderly stop, sets it back.
alter table job add column rescues int not null default 0;
-- Milliseconds that a step was put off in all (429, an empty rate budget), since a person last asked for the run again.
alter table step add column waited_ms bigint not null default 0;
