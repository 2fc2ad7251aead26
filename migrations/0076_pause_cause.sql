-- What Clockify answered when it paused a workspace, so that every process can say why nothing is called and who asked for it.
alter table upstream_budget
  add column refused_at timestamptz,
  -- What the answer's Retry-After asked for; null: it named no time, and the pause is Timewire's own.
  add column asked_ms bigint;
