-- An uninstall ends the work of its generation at once, whatever is still stored of it: work of this generation and of
-- older ones is over, also after a reinstall.
alter table installation add column ended_generation int not null default 0;
-- The installation's generation when the work of an event or a run was asked for. Null: background work, and what a
-- version before this one made.
alter table job add column generation int;
-- False: taken without a signature, for local tests. It ends when signatures are required again or a signed call comes.
alter table installation add column verified boolean not null default true;
