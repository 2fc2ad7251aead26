/** POST /ui/flows/{id}/run: a person or a program has a flow run, with an input of the flow's own form. */

import type { Hono } from "hono";
import { z } from "zod";
import { type OnDemand, VIA } from "../../flows/triggers/on_demand.ts";
import { parseKey } from "../../idempotency/key.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import type { BodyLimits } from "../server/body.ts";
import { defineRoute, mount } from "./contract.ts";
import { findFlow, type FlowSavingDeps } from "./flow_saving.ts";
import { anyJson, id } from "./schemas.ts";

export interface FlowRunRoutesDeps extends AuthDeps {
  flows: FlowSavingDeps["flows"];
  onDemand: OnDemand;
  body: BodyLimits;
}

const runFlow = defineRoute({
  method: "post",
  path: "/ui/flows/{id}/run",
  tag: "Flows",
  summary: "Run a flow now",
  about:
    "The published version, without an event: its steps find `input` at $.webhook. Its triggers must name the way: `api` for " +
    "programs, `manual` for people. Where `manual` declares inputs, `input` is checked against them, every fault at once, and " +
    "defaults stand for what is left out. An Idempotency-Key starts one run, however often it is sent.",
  who: "admin",
  creates: true,
  params: { id: id.meta({ description: "Id of the flow", example: "3" }) },
  body: {
    schema: z.strictObject({
      input: anyJson.optional().meta({ description: "At most 262,144 bytes" }),
      via: z.enum(VIA, 'must be "api" or "manual"').default("api").meta({ description: "manual: the console's form" }),
    }, "must be an object of input and via"),
    refusal: "Cannot run the flow: the request does not fit",
    example: { input: { project_id: "64a687e29ae1f428e7ebe399", day: "2026-11-16" } },
    absent: {},
  },
  answer: {
    status: 202,
    about: "The run has been asked for",
    schema: z.object({ run_id: z.string() }).meta({ id: "StartedRun" }),
    example: { run_id: "0d0f5ec0-9a3f-4b7a-9d53-0d6a6b0e3c11" },
    headers: { Location: "Path of the run" },
  },
  problems: ["NOT_FOUND", "CONFLICT", "FEATURE_OFF"],
});
export const flowRunRoutes = [runFlow];

export function mountFlowRun(app: Hono<AppEnv>, deps: FlowRunRoutesDeps) {
  mount(app, deps, runFlow, async ({ c, login: { installation }, params, body, once }) => {
    const { id: flowId } = await findFlow(params.id, installation.id, deps);
    const { input, via } = await body();
    const header = c.req.header("idempotency-key");
    const key = header === undefined ? undefined : parseKey(header);
    return await once(
      (atEnd) => deps.onDemand.start(installation, { flowId, via, input, key, atEnd }),
      ({ runId }) => {
        c.header("location", `/ui/runs/${runId}`);
        return { run_id: runId };
      },
    );
  });
}
