-- How far a loop has come: which of its items have begun and are not over, and what was counted in the others. Rewritten every
-- few items, so that a run which goes on reads what is open and not its history. Of an item or branch what was counted in it.
alter table step add column progress jsonb;
