/** A run of a workflow with what it is a run of, for what looks at its steps. */

import type { Query, TransactionSql } from "../db/db.ts";
import type { Plan } from "../engine/plan.ts";
import type { WorkflowDefinition } from "./definition.ts";
import { runUnknown } from "./runs.ts";
import { stepOfPlan } from "./to_plan.ts";

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

/** SQL: rows of the workflow's own steps, not of those that the program adds, nor of items and branches. */
export function isShown(sql: Query) {
  return sql`path <> 'root' and strpos(substring(path from '[^/]*$'), '__') = 0 and strpos(substring(path from '[^/]*$'), '#') = 0`;
}

/** The workflow's step that a path is of. */
export function stepOfPath(path: string): string {
  return stepOfPlan(path.split("/").at(-1)!.split("#")[0]!);
}
