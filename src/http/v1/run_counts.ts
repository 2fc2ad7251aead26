/** GET /api/v1/run_counts: how the runs of some workflows went, as a list of workflows shows it. */

import type { Hono } from "hono";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { MAX_RUNS_COUNTED, RUN_STATUSES, type WorkflowRuns } from "../../workflows/runs.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { instant } from "../api/schemas.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import { text } from "../server/query.ts";
import { uuid } from "./ids.ts";

export interface RunCountRoutesDeps extends ApiAuthDeps {
  workflowRuns: Pick<WorkflowRuns, "counts">;
  clock: Clock;
}

/** Runs before are not counted: a list is read often. */
const COUNTED_HOURS = 24;
/** As many as a page has. */
const MAX_WORKFLOWS = 100;

const status = z.enum(RUN_STATUSES);

const listRunCounts = defineRoute({
  method: "get",
  path: "/api/v1/run_counts",
  tag: "Workflow runs",
  summary: "Runs of workflows in the last 24 hours, by status, and the last run of each",
  about:
    `Of the workflows that are named, at most ${MAX_WORKFLOWS}, the newest ${MAX_RUNS_COUNTED} runs of each; one ` +
    "without any run is left out.",
  who: "api_viewer",
  query: z.object({ workflow_definition_ids: text("Ids of workflows, with commas between them", MAX_WORKFLOWS * 37) }),
  answer: {
    status: 200,
    about: "A row for each workflow that has runs",
    schema: z.object({
      items: z.array(
        z.object({
          workflow_definition_id: uuid,
          counts: z.partialRecord(status, z.int()),
          is_cut: z.boolean().meta({ description: `There may be more than the ${MAX_RUNS_COUNTED} that are counted` }),
          last_run: z.object({ id: uuid, status, created_at: instant }),
        }).meta({ id: "WorkflowRunCounts" }),
      ),
      since: instant,
    }),
    example: {
      items: [{
        workflow_definition_id: "6b0d3c52-54a1-4a0c-8f2e-3d1b7a9c2e10",
        counts: { COMPLETED: 41, FAILED: 1 },
        is_cut: false,
        last_run: {
          id: "018bcfe5-6800-4000-8abc-0a1b2c3d4e5f",
          status: "COMPLETED",
          created_at: "2026-11-29T09:00:00.000Z",
        },
      }],
      since: "2026-11-28T10:00:00.000Z",
    },
  },
});

export const runCountRoutes = [listRunCounts];

export function mountRunCounts(app: Hono<AppEnv>, deps: RunCountRoutesDeps): void {
  mount(app, deps, listRunCounts, async ({ query: { workflow_definition_ids = "" } }) => {
    const since = new Date(deps.clock.now() - COUNTED_HOURS * 3_600_000);
    const ids = workflow_definition_ids.split(",").filter((id) => uuid.safeParse(id).success);
    const { installationId } = await deps.home();
    const found = await deps.workflowRuns.counts(installationId, ids.slice(0, MAX_WORKFLOWS), since);
    const items = found.map(({ workflowId, counts, last }) => ({
      workflow_definition_id: workflowId,
      counts,
      is_cut: Object.values(counts).reduce((sum, runs) => sum + runs, 0) >= MAX_RUNS_COUNTED,
      last_run: { id: last.id, status: last.status, created_at: last.createdAt.toISOString() },
    }));
    return { items, since: since.toISOString() };
  });
}
