/** GET /api/v1/run_failures: why runs failed, one row for each cause. */

import type { Hono } from "hono";
import { z } from "zod";
import { MAX_LOOKED_THROUGH, MAX_NAMED, type RunFailure, type RunFailures } from "../../workflows/failures.ts";
import { runIdOf } from "../../workflows/runs.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { instant } from "../api/schemas.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import { text } from "../server/query.ts";
import { idIn, uuid } from "./ids.ts";
import { listOf, pageOf, pageQuery, rangeOf } from "./paging.ts";
import { RUN_EXAMPLE } from "./run_view.ts";

export interface RunFailureRoutesDeps extends ApiAuthDeps {
  workflowRuns: RunFailures;
}

const listRunFailures = defineRoute({
  method: "get",
  path: "/api/v1/run_failures",
  tag: "Workflow runs",
  summary: "Why runs failed: one row for a workflow, step and code, the one that came last first",
  about:
    `Of the newest ${MAX_LOOKED_THROUGH} dead letters those of runs that are failed still: a run that is retried ` +
    "leaves its row. POST /dead-letters/{letter_id}/replay retries one.",
  who: "api_viewer",
  query: z.object({ ...pageQuery, workflow_definition_id: text("Only of this workflow") }),
  answer: {
    status: 200,
    about: "A page of causes",
    schema: listOf(
      z.object({
        workflow_definition_id: uuid,
        workflow_name: z.string(),
        step_id: z.string().nullable().meta({
          description: "Step that failed; null where none acted, as at a wait that timed out or a limit of the run",
        }),
        error_code: z.string(),
        error_message: z.string().nullable().meta({ description: "Of the run that failed last" }),
        count: z.int().meta({ description: "Runs" }),
        first_failed_at: instant,
        last_failed_at: instant,
        runs: z.array(
          z.object({ run_id: z.string(), dead_letter_id: z.string(), failed_at: instant }).meta({ id: "FailedRun" }),
        ).meta({ description: `The newest, ${MAX_NAMED} at most` }),
      }).meta({ id: "RunFailure" }),
    ).extend({ has_older: z.boolean().meta({ description: "There are dead letters that were not looked through" }) }),
    example: {
      items: [{
        workflow_definition_id: RUN_EXAMPLE.workflow_definition_id,
        workflow_name: "triage",
        step_id: "classify",
        error_code: "UPSTREAM_FAILED",
        error_message: 'Agent "classifier" answered 503',
        count: 1,
        first_failed_at: "2026-11-29T09:00:15.000Z",
        last_failed_at: "2026-11-29T09:00:15.000Z",
        runs: [{ run_id: RUN_EXAMPLE.run_id, dead_letter_id: "981", failed_at: "2026-11-29T09:00:15.000Z" }],
      }],
      total: 1,
      page: 1,
      page_size: 20,
      total_pages: 1,
      has_older: false,
    },
  },
});

export const runFailureRoutes = [listRunFailures];

export function mountRunFailures(app: Hono<AppEnv>, deps: RunFailureRoutesDeps): void {
  mount(app, deps, listRunFailures, async ({ query }) => {
    const workflowId = idIn(query.workflow_definition_id);
    if (workflowId === null) return { ...pageOf([], query, 0), has_older: false };
    const { installationId } = await deps.home();
    const { failures, total, hasOlder } = await deps.workflowRuns.failures(
      installationId,
      { workflowId },
      rangeOf(query),
    );
    return { ...pageOf(failures.map(failureJson), query, total), has_older: hasOlder };
  });
}

function failureJson(one: RunFailure) {
  return {
    workflow_definition_id: one.workflowId,
    workflow_name: one.workflowName,
    step_id: one.stepId,
    error_code: one.code,
    error_message: one.message,
    count: one.count,
    first_failed_at: one.firstAt.toISOString(),
    last_failed_at: one.lastAt.toISOString(),
    runs: one.runs.map(({ runId, letterId, failedAt }) => ({
      run_id: runIdOf(runId),
      dead_letter_id: String(letterId),
      failed_at: failedAt.toISOString(),
    })),
  };
}
