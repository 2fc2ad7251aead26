-- Nothing to take back: 0023 was to leave the same rows.
select 1;
