/** POST /api/v1/workflows/{workflow_id}/execute: a run that is asked for. */

import type { Hono } from "hono";
import { z } from "zod";
import { callerKey, type Executions } from "../../workflows/executions.ts";
import { workflowUnknown } from "../../workflows/store.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { anyJson } from "../api/schemas.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import { idFrom } from "./ids.ts";
import { byOf } from "./resource.ts";
import { acceptedRunJson, RUN_EXAMPLE, runSchema } from "./run_view.ts";
import { WORKFLOW_ID, WORKFLOWS_PATH } from "./workflow_view.ts";

export interface WorkflowExecuteDeps extends ApiAuthDeps {
  executions: Executions;
  body: BodyLimits;
}

const executeWorkflow = defineRoute({
  method: "post",
  path: `${WORKFLOWS_PATH}/{workflow_id}/execute`,
  tag: "Workflows",
  summary: "Execute a workflow",
  about: "Starts a run of the current version and answers at once; with an Idempotency-Key one run for a key.",
  who: "api_operator",
  creates: true,
  params: WORKFLOW_ID,
  body: {
    schema: z.strictObject({ input_data: z.record(z.string(), anyJson).default({}) }),
    refusal: "Cannot execute the workflow",
    example: { input_data: { text: "The server is down" } },
    absent: {},
  },
  answer: {
    status: 202,
    about: "The run, which has been accepted",
    headers: { Location: "Path of the run" },
    schema: runSchema,
    example: RUN_EXAMPLE,
  },
  problems: ["NOT_FOUND", "CONFLICT", "BODY_TOO_LARGE", "RATE_LIMITED", "IDEMPOTENCY_KEY_REUSED"],
});

export const workflowExecuteRoutes = [executeWorkflow];

export function mountWorkflowExecute(app: Hono<AppEnv>, deps: WorkflowExecuteDeps): void {
  const { executions } = deps;

  mount(app, deps, executeWorkflow, async ({ c, login, params, body, once }) => {
    const workflowId = idFrom(params.workflow_id, workflowUnknown);
    const { input_data: input } = await body();
    const home = await deps.home();
    const key = c.req.header("idempotency-key");
    return await once((atEnd) =>
      executions.start(home, {
        workflowId,
        input,
        by: byOf(c, login),
        correlationId: c.env.requestId,
        key: key === undefined ? undefined : callerKey(login, key),
        atEnd,
      }), ({ runId, workflowName, version, createdAt }) => {
      c.header("location", `/api/v1/runs/${runId}`);
      const by = { triggeredBy: login.name, correlationId: c.env.requestId };
      return acceptedRunJson({ id: runId, workflowId, workflowName, version, input, ...by, createdAt });
    });
  });
}
