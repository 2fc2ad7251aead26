/** Jobs of runs that begin later, and the lines of order keys that they stand in. */

import type { Fragment, Query } from "../db/db.ts";

/** A run whose job is not to be claimed before the delay is over. */
export interface DelayedRun {
  installationId: number;
  /** UUID. */
  runId: string;
  delayMs: number;
}

/** Of open jobs that nothing has claimed: they may be claimed from then on, and not earlier than they might before. */
export async function delayJobsOfRuns(sql: Query, runs: readonly DelayedRun[]): Promise<void> {
  if (runs.length === 0) return;
  const input = JSON.stringify(runs.map(({ installationId, runId, delayMs }) => ({
    i: installationId,
    id: runId,
    ms: delayMs,
  })));
  await sql`
    update job set state = 'scheduled', due_at = greatest(due_at, now() + delayed.ms * interval '1 millisecond')
    from json_to_recordset(${input}::text::json) as delayed(i bigint, id uuid, ms float8)
    where job.installation_id = delayed.i and job.run_id = delayed.id and job.finished_at is null
      and job.state <> 'executing'`;
}

/** The open jobs of an order key. */
export interface Line {
  orderKey: string;
  jobs: number;
  /** The first job whose run is open; null: none is, as of one that was cancelled and whose call in progress is awaited. */
  oldestId: number | null;
  /** Its run. */
  oldestRunId: string | null;
}

/** Of those keys that have open jobs. */
export async function readLines(
  sql: Query,
  { installationId, orderKeys }: { installationId: number; orderKeys: readonly string[] },
): Promise<Line[]> {
  const keys = JSON.stringify(orderKeys);
  return [
    ...await sql<Line[]>`
      select order_key as "orderKey", count(*)::int as jobs, min(job.id) filter (where run.id is not null) as "oldestId",
        (array_agg(run.id order by job.id) filter (where run.id is not null))[1] as "oldestRunId"
      from job left join run on run.installation_id = job.installation_id and run.id = job.run_id
        and run.state in ('pending', 'running', 'waiting')
      where job.installation_id = ${installationId} and job.finished_at is null
        and order_key in (select value from json_array_elements_text(${keys}::text::json))
      group by order_key`,
  ];
}

/** True of a run whose open job waits for others of its order key. */
export async function standsInLine(
  sql: Query,
  { installationId, runId }: { installationId: number; runId: string },
): Promise<boolean> {
  const rows = await sql`
    select 1 from job where installation_id = ${installationId} and run_id = ${runId} and finished_at is null and blocked`;
  return rows.length > 0;
}

/** A select of the run (id) whose turn it is in the line that the run of this id waits in; no row where it waits in none. */
export function firstOfLine(sql: Query, installationId: number, runId: Fragment): Fragment {
  const others = sql`
    select other.run_id from job other
    where other.installation_id = ${installationId} and other.order_key = own.order_key and other.finished_at is null
      and other.run_id is not null`;
  return sql`
        select id from (
          -- Also one with a higher number, which was committed before. Where no turn was given yet, it is the first one's.
          select coalesce(
            (${others} and not other.blocked order by other.id limit 1),
            (${others} and other.id < own.id order by other.id limit 1)) as id
          from job own
          where own.installation_id = ${installationId} and own.run_id = ${runId} and own.finished_at is null and own.blocked
        ) first where id is not null`;
}
