/**
 * The lanes of the queue (table queue_lane, migrations/0026_queue_lanes.sql): for each kind of jobs of an installation, when
 * the first may be due. Triggers on `job` keep a lane from being later than its jobs, whoever writes them; here it is raised
 * again once it and many others are empty, and held back while its installation is over its pace.
 */

import type { Database, Fragment, TransactionSql } from "../db/db.ts";
import type { JobKind } from "./queue.ts";

export interface Lane {
  installationId: number;
  kind: JobKind;
}

/**
 * Does what others left to the next claim since they would have had to wait for it. To be sent with the claim, before it: a
 * claim sees what it did.
 */
export function followHints(sql: TransactionSql): Promise<unknown> {
  // The plan of a claim is the same for all its values, and making it takes longer than following it.
  return sql`select set_config('plan_cache_mode', 'force_generic_plan', true), timewire_follow_hints()`;
}

/** Most lanes that an idle look raises: more than that are left to the next. */
const MAX_RAISED = 1_000;

/**
 * Raises those of the lanes that have nothing to claim to when they will. One that a transaction in progress looked at is
 * left as it is. It may be lost with the server: a lane that is too early is looked at in vain, once.
 */
export async function raiseLanes(db: Database, lanes: readonly Lane[]): Promise<void> {
  if (lanes.length === 0) return;
  const ids = JSON.stringify(lanes.map(({ installationId, kind }) => ({ installation_id: installationId, kind })));
  await db.scoped(
    "all",
    (sql) => raise(sql, sql`json_to_recordset(${ids}::text::json) as empty(installation_id bigint, kind text)`),
  );
}

/** `lanes`: rows with installation_id and kind. */
function raise(sql: TransactionSql, lanes: Fragment): Promise<unknown> {
  return sql`
      select set_config('synchronous_commit', 'off', true),
        timewire_raise_lanes(array_agg(installation_id), array_agg(kind))
      from ${lanes}`;
}

/**
 * So many lanes may be due in vain: a claim looks at them for some 10 us each, where raising a lane and lowering it again at
 * the next job would cost a transaction each time, and each job of a workspace that has one at a time would pay for both.
 */
export const FEW_LANES = 16;

/**
 * Milliseconds until a lane may have something to claim (0: now), undefined where none will. Of few lanes that may have work the
 * jobs are asked; many are raised first.
 */
export async function nextDueMs(db: Database): Promise<number | undefined> {
  const read = async () => {
    const [row] = await db.scoped("all", (sql) =>
      sql<{ ms: number | null; many: boolean }[]>`
        with early as materialized (
          select installation_id, kind, not_before from queue_lane where next_due_at <= now()
          order by next_due_at limit ${FEW_LANES + 1}
        ),
        due as (
          (select next_due_at as due_at from queue_lane where next_due_at > now() and next_due_at < 'infinity'
            order by next_due_at limit 1)
          union all (select now() from queue_hint limit 1)
          union all
          select greatest(early.not_before, first.due_at) from early cross join lateral (
            select job.due_at from job
            where job.installation_id = early.installation_id and job.kind = early.kind and not job.blocked
              and job.finished_at is null order by job.due_at limit 1
          ) first
        )
        select (
            select case when min(due_at) > now() then extract(epoch from min(due_at) - now()) * 1000 else 0 end from due
            having count(*) > 0)::float8 as ms,
          (select count(*) from early) > ${FEW_LANES} as many`);
    return row!;
  };
  const { ms, many } = await read();
  if (!many) return ms ?? undefined;
  await db.scoped("all", async (sql) => {
    await followHints(sql);
    await raise(
      sql,
      sql`(select installation_id, kind from queue_lane where next_due_at <= now() limit ${MAX_RAISED}) due`,
    );
  });
  return (await read()).ms ?? undefined;
}

/**
 * Keeps the jobs of the lane from being claimed for `delayMs`, and afterwards, until it has been empty, gives at most `limit`
 * of them in a claim. Those that are claimed already go on.
 */
export async function pauseLane(
  db: Database,
  { installationId, kind, delayMs, limit }: Lane & { delayMs: number; limit: number },
): Promise<void> {
  await db.scoped({ installationIds: [installationId] }, (sql) =>
    sql`
      update queue_lane set not_before = until, next_due_at = greatest(next_due_at, until), claim_limit = ${limit}::int
      from (select now() + ${delayMs}::float8 * interval '1 millisecond' as until) pause
      where installation_id = ${installationId} and kind = ${kind}`);
}
