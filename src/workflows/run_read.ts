/** A run of a workflow with what it is a run of, for what looks at its steps. */

import type { Fragment, Query, TransactionSql } from "../db/db.ts";
import type { Plan } from "../engine/plan.ts";
import type { WorkflowDefinition } from "./definition.ts";
import { runUnknown } from "./runs.ts";
import { PARTS_THAT_HOLD, stepOfPlan } from "./plan_parts.ts";

const HOLDS = `(${PARTS_THAT_HOLD.join("|")})$`;

/** Throws NOT_FOUND. */
export async function readRun(
  sql: TransactionSql,
  installationId: number,
  runId: string,
): Promise<{ definition: WorkflowDefinition; plan: Plan; isOver: boolean }> {
  const [row] = await sql<{ definition: WorkflowDefinition; plan: Plan; over: boolean }[]>`
    select definition, plan.body as plan, run.finished_at is not null as over from workflow_run
    join run on run.installation_id = ${installationId} and run.id = workflow_run.run_id
    join plan on plan.installation_id = ${installationId} and plan.id = run.plan_id
    join workflow_version on workflow_version.workflow_id = workflow_run.workflow_id
      and workflow_version.version = workflow_run.version
    where workflow_run.installation_id = ${installationId} and workflow_run.run_id = ${runId}`;
  if (!row) throw runUnknown(runId);
  return { definition: row.definition, plan: row.plan, isOver: row.over };
}

/**
 * SQL, a query: the workflow's own steps among the rows of `step` that `of` chooses, each by the `path` of its own, with
 * the row it is read from (`row_path`), state, begin and end. One that holds others has its own row only when those are
 * over: until then, and where it comes to none, it is as the step that the program added for it is.
 */
export function ownSteps(sql: Query, { of, isOver }: { of: Fragment; isOver: boolean }) {
  const last = sql`substring(path from '[^/]*$')`;
  return sql`
    select distinct on (own.own_path) own.own_path as path, own.path as row_path, own.path = own.own_path as has_row,
      case when own.path = own.own_path or own.state <> 'completed' then own.state
        else ${isOver ? "cancelled" : "running"}::text end as state,
      min(own.started_at) over (partition by own.own_path) as started_at, own.finished_at, own.error_message
    from (
      select path, state, started_at, finished_at, error_message, regexp_replace(path, ${HOLDS}, '') as own_path
      from step where ${of} and path <> 'root' and strpos(${last}, '#') = 0
        and (strpos(${last}, '__') = 0 or path ~ ${HOLDS})
    ) own
    order by own.own_path, own.path = own.own_path desc, own.started_at desc, own.path`;
}

/** The workflow's step that a path is of. */
export function stepOfPath(path: string): string {
  return stepOfPlan(path.split("/").at(-1)!.split("#")[0]!);
}
