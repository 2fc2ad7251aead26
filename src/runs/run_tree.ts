/** A run and the runs that its steps wait for, and theirs: what ends with it. A run that was started and is not awaited is one of its own. */

import type { TransactionSql } from "../db/db.ts";
import { lockJobsOfRuns, type RunJob } from "../queue/withdraw.ts";

export interface OpenTree {
  /** The run first. Empty where it is over, or unknown. */
  runIds: string[];
  jobs: RunJob[];
}

/**
 * The tree with its jobs, all locked until the commit: jobs in the order of their ids, as records lock them. A run that a step
 * is about to start is in it, or is not started (flows/triggers/start.ts).
 */
export async function lockOpenTree(
  sql: TransactionSql,
  { installationId, runId }: { installationId: number; runId: string },
): Promise<OpenTree> {
  let runIds = await openTree(sql, installationId, runId);
  for (;;) {
    const jobs = await lockJobsOfRuns(sql, runIds.map((id) => ({ installationId, runId: id })));
    await sql`
      select 1 from run join json_to_recordset(${idsJson(runIds)}::text::json) as wanted(id uuid) on run.id = wanted.id
      where run.installation_id = ${installationId} order by run.id for update of run`;
    const now = await openTree(sql, installationId, runId);
    if (now.every((id) => runIds.includes(id))) return { runIds: now, jobs };
    runIds = [...new Set([...runIds, ...now])];
  }
}

/** As JSON for a record set with the column id. */
export function idsJson(runIds: readonly string[]): string {
  return JSON.stringify(runIds.map((id) => ({ id })));
}

async function openTree(sql: TransactionSql, installationId: number, runId: string): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    with recursive tree as (
      select id, 0 as depth from run
      where installation_id = ${installationId} and id = ${runId} and state in ('pending', 'running', 'waiting')
      union
      select child.id, tree.depth + 1 from tree
      join wait on wait.installation_id = ${installationId} and wait.run_id = tree.id and wait.match_type = 'child'
      join run child on child.installation_id = ${installationId} and child.start_key = wait.match_key
        and child.trigger_kind not in ('event', 'replay') and child.state in ('pending', 'running', 'waiting')
    )
    select id from tree order by depth, id`;
  return rows.map(({ id }) => id);
}
