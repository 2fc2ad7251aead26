/** Finds workflows, agents and schedules by a part of their name or by their id, and a run by its id. */

import type { Database } from "../db/db.ts";
import type { WorkflowRuns } from "./runs.ts";

export const WORKFLOW_FOUND_KINDS = ["run", "workflow", "agent", "schedule"] as const;

export interface WorkflowFound {
  kind: (typeof WORKFLOW_FOUND_KINDS)[number];
  id: string;
  /** Of a run that of its workflow. */
  name: string;
  status: string;
}

export interface WorkflowSearch {
  /** What has the text as its id first, then names that begin with it. `q`: 1 to 100 characters; `limit`: rows of each kind. */
  search(installationId: number, query: { q: string; limit: number }): Promise<WorkflowFound[]>;
}

/** With or without run-, as runs are named in answers. */
const RUN = /^(?:run-)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;
/** The newest of each kind, which are looked through by name: 20 ms. There are 10,000 agents at most. */
const MAX_NAMED = 10_000;

export function createWorkflowSearch(
  { db, workflowRuns }: { db: Pick<Database, "scoped">; workflowRuns: Pick<WorkflowRuns, "find"> },
): WorkflowSearch {
  return {
    search: async (installationId, { q, limit }) => {
      const id = RUN.exec(q)?.[1]?.toLowerCase();
      const run = id === undefined ? undefined : await workflowRuns.find(installationId, id);
      const named = await db.scoped({ installationIds: [installationId] }, (sql) =>
        sql<WorkflowFound[]>`
          with named as materialized (
            (select 'workflow' as kind, id, name, status from workflow
              where installation_id = ${installationId} and status <> 'deleted' order by created_at desc limit ${MAX_NAMED})
            union all
            (select 'agent', id, name, status from agent
              where installation_id = ${installationId} and status <> 'deleted' order by created_at desc limit ${MAX_NAMED})
            union all
            (select 'schedule', id, name, case when paused_at is null then 'active' else 'paused' end from workflow_schedule
              where installation_id = ${installationId} order by created_at desc limit ${MAX_NAMED})
          ), placed as (
            select kind, id, name, status, row_number() over (partition by kind
              order by coalesce(id = ${id ?? null}::uuid, false) desc, position(lower(${q}) in lower(name)) > 1,
                lower(name), id) as rank
            from named where position(lower(${q}) in lower(name)) > 0 or id = ${id ?? null}::uuid
          )
          select kind, id::text as id, name, status from placed where rank <= ${limit}
          order by array_position(array['workflow', 'agent', 'schedule'], kind), rank`);
      return [
        ...run ? [{ kind: "run" as const, id: run.id, name: run.workflowName, status: run.status }] : [],
        ...named.map((row) => ({ ...row })),
      ];
    },
  };
}
