/** How long the oldest due job waits, by add-on and kind: the one figure that grows when nothing works or work comes too fast. */

import type { Database } from "../db/db.ts";
import type { JobKind } from "./queue.ts";

export interface QueueAge {
  /** Profile key of the add-on. */
  addon: string;
  kind: JobKind;
  seconds: number;
}

/** Lanes that are looked at, from the one that waits longest: 2 ms, however many there are. */
const MAX_LANES = 200;

/** Only what may begin now: not what waits for a job before it, and no lane that is held back by its pace. */
export async function readQueueAges(db: Pick<Database, "scoped">): Promise<QueueAge[]> {
  return [
    ...await db.scoped("all", (sql) =>
      sql<QueueAge[]>`
        with early as materialized (
          select installation_id, kind, not_before from queue_lane where next_due_at <= now()
          order by next_due_at limit ${MAX_LANES}
        )
        select installation.addon, early.kind,
          max(extract(epoch from now() - greatest(early.not_before, first.due_at)))::float8 as seconds
        from early join installation on installation.id = early.installation_id cross join lateral (
          select job.due_at from job
          where job.installation_id = early.installation_id and job.kind = early.kind and not job.blocked
            and job.finished_at is null and job.due_at <= now() order by job.due_at limit 1
        ) first
        where early.not_before <= now()
        group by installation.addon, early.kind`),
  ];
}
