/** A flow that a step of a run runs, written straight into the tables. */

import type { Database } from "../../src/db/db.ts";
import type { PlanStep } from "../../src/engine/plan.ts";

/** Adds a flow of these steps to the run's installation, and makes the step in place `index` of the run's plan run it and wait. */
export async function addChildFlow(
  db: Database,
  { runId, index, steps }: { runId: string; index: number; steps: PlanStep[] },
): Promise<{ installationId: number; flowId: number }> {
  const child = JSON.stringify({ schema: 1, root: { kind: "sequence", id: "root", steps } });
  const [row] = await db.sql<{ id: number; installation_id: number }[]>`
    with plan as (
      insert into plan (installation_id, body) select installation_id, ${child}::text::jsonb from run where id = ${runId}
      returning id, installation_id
    )
    insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id)
    select installation_id, 'workspace-1', 'Child', true, '{}', id from plan returning id, installation_id`;
  const input = JSON.stringify({ flow_id: row!.id, wait: true });
  const path = `{root,steps,${index},input}`;
  await db.sql`update plan set body = jsonb_set(body, ${path}::text::text[], ${input}::text::jsonb)
    where id = (select plan_id from run where id = ${runId})`;
  return { installationId: row!.installation_id, flowId: row!.id };
}
