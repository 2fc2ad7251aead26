/**
 * POST /ui/webhooks/replay and /ui/webhooks/{id}/replay: retries the failed runs of past events, or runs flows on them
 * again.
 */

import type { Hono } from "hono";
import { z } from "zod";
import { eventUnknown } from "../../events/store.ts";
import { type Flow, type FlowStore, flowUnknown } from "../../flows/store/store.ts";
import type { ReplaySkip } from "../../replay/matching_flows.ts";
import { MAX_FLOWS, MAX_REPLAYED, type Replay, type ReplayPlan, type ReplayRequest } from "../../replay/replay.ts";
import { offNote, repeatNotes, replayMessage } from "../../replay/messages.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import { type AuthDeps, readerOf } from "../server/login.ts";
import type { BodyLimits } from "../server/body.ts";
import { defineRoute, mount, type Once } from "./contract.ts";
import { retryVersion } from "./run_schemas.ts";
import { id as anyId } from "./schemas.ts";

export interface ReplayRoutesDeps extends AuthDeps {
  replay: Replay;
  flows: Pick<FlowStore, "find">;
  body: BodyLimits;
  /** So many events were replayed. */
  onReplayed(events: number): void;
}

const PATH = "/ui/webhooks";

const idList = `must be a list of 1 to ${MAX_REPLAYED} ids of events, as in ["17", "18"]`;
const flowList = `must be "failed", "all" or a list of 1 to ${MAX_FLOWS} ids of flows, as in ["3", "4"]`;
const id = z.string("must be an id").regex(/^[1-9]\d{0,14}$/, 'must be an id, as in "17"');
const oneSchema = z.strictObject({
  dry_run: z.boolean("must be true or false").default(false),
  flows: z.union([z.enum(["failed", "all"]), z.array(id).min(1).max(MAX_FLOWS)], flowList).optional(),
  // One flow of `flows`, as it was before there was that.
  flow_id: id.optional(),
  version: retryVersion.optional(),
}, "must be an object").superRefine(({ flows, flow_id, version }, context) => {
  const fault = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
  if (flows !== undefined && flow_id !== undefined) fault("flow_id", "cannot be combined with flows: give one of them");
  const fromStart = flow_id !== undefined || (flows !== undefined && flows !== "failed");
  if (version === "same" && fromStart) {
    fault("version", "applies to failed runs that are retried: a new run has the present one");
  }
});
const manySchema = oneSchema.safeExtend({
  ids: z.array(id, idList).min(1, idList).max(MAX_REPLAYED, idList),
});

/** Flows that are asked about more events are a costly read. */
const MAX_CHEAP = 10;

const SKIPS = [
  "not_found",
  "waiting",
  "uninstalled",
  "installation_inactive",
  "flows_off",
  "no_flow",
  "flow_unreadable",
  "flow_too_costly",
  "flow_lookup_failed",
  "no_match",
  "no_failed_run",
  "flow_off",
  "flow_deleted",
  "steps_changed",
] as const satisfies readonly ReplaySkip[];

const replayed = z.object({
  dry_run: z.boolean(),
  message: z.string().meta({ example: "1 run will be retried from step 2, 0 new runs" }),
  events: z.int().meta({ description: "Events with anything to do" }),
  retried: z.int().meta({ description: "Failed runs that are retried" }),
  runs: z.int().meta({ description: "New runs, from the first step" }),
  flows: z.array(z.object({
    flow_id: anyId,
    name: z.string(),
    retried: z.int(),
    from_steps: z.array(z.object({ step: z.int(), runs: z.int() }))
      .meta({ description: "How many are retried from which step; 0: no step is left" }),
    runs: z.int(),
    repeated: z.int().meta({ description: "New runs that do again what an earlier run did" }),
  })),
  skipped: z.array(z.object({
    id: anyId,
    reason: z.enum(SKIPS),
    run_id: z.string().optional().meta({ description: "That failed run alone is left out" }),
    flow_id: anyId.optional(),
    detail: z.string().optional(),
  })),
  notes: z.array(z.string()).meta({ description: "What is done twice, and which flows are off, a sentence each" }),
  replay: z.int().optional().meta({ description: "Number of the new runs" }),
}).meta({ id: "Replayed" });

const REFUSAL = "Cannot replay: the request does not say what";
const ANSWER = {
  status: 200,
  about: "What is retried and what runs again; with dry_run what would",
  schema: replayed,
  example: {
    dry_run: false,
    message: "1 run is retried from step 2, 0 new runs",
    events: 1,
    retried: 1,
    runs: 0,
    flows: [{
      flow_id: "3",
      name: "Tag entries of the big project",
      retried: 1,
      from_steps: [{ step: 2, runs: 1 }],
      runs: 0,
      repeated: 0,
    }],
    skipped: [],
    notes: [],
  },
} as const;
const ABOUT =
  "flows failed (the default): failed runs are retried from the failed step. all, or ids of flows: new runs from the " +
  "first step, by the flows as they are now.";

const replayMany = defineRoute({
  method: "post",
  path: `${PATH}/replay`,
  tag: "Replay",
  summary: "Replay events: retry their failed runs, or run flows on them again",
  about: ABOUT,
  who: "admin",
  creates: true,
  costly: true,
  body: { schema: manySchema, refusal: REFUSAL, example: { ids: ["17", "18"], dry_run: true } },
  answer: ANSWER,
  problems: ["NOT_FOUND"],
});

const replayOne = defineRoute({
  method: "post",
  path: `${PATH}/{id}/replay`,
  patterns: { id: "[0-9]+" },
  tag: "Replay",
  summary: "The same for one event",
  about: ABOUT,
  who: "admin",
  creates: true,
  params: { id: anyId.meta({ description: "Id of the event", example: "17" }) },
  body: { schema: oneSchema, refusal: REFUSAL, example: { flows: "failed" } },
  answer: ANSWER,
  problems: ["NOT_FOUND"],
});
export const replayRoutes = [replayMany, replayOne];

export function mountReplay(app: Hono<AppEnv>, deps: ReplayRoutesDeps) {
  mount(app, deps, replayMany, async ({ login, body, once }) => {
    const { ids, ...options } = await body();
    return await answer({ ...options, login, once, eventIds: [...new Set(ids.map(Number))] });
  });

  mount(app, deps, replayOne, async ({ login, params, body, once }) => {
    const options = await body();
    if (!id.safeParse(params.id).success) throw eventUnknown(params.id.slice(0, 40));
    return await answer({ ...options, login, once, eventIds: [Number(params.id)], must: true });
  });

  /** `must`: an event that is not there is NOT_FOUND, instead of one that was left out. */
  async function answer(
    { login, once, eventIds, dry_run, flows, flow_id, version, must = false }:
      & { login: Login; once: Once<typeof replayMany>; eventIds: number[]; must?: boolean }
      & z.infer<typeof oneSchema>,
  ) {
    const installationId = login.installation.id;
    const chosen = flow_id === undefined ? flows ?? "failed" : [flow_id];
    const named = typeof chosen === "string" ? [] : await findFlows(installationId, chosen);
    const request: ReplayRequest = {
      eventIds,
      flows: typeof chosen === "string" ? chosen : named.map((flow) => flow.id),
      version,
    };
    const ask = () => deps.replay.plan(installationId, request);
    const plan = eventIds.length > MAX_CHEAP ? await deps.costly.run(readerOf(login), ask) : await ask();
    if (must && plan.skipped[0]?.reason === "not_found") throw eventUnknown(eventIds[0]!);
    const notes = [
      ...repeatNotes(plan),
      ...named.filter(({ enabled }) => !enabled).map(({ definition }) => offNote(definition)),
    ];
    const toJson = (plan: ReplayPlan, number?: number) => ({
      dry_run,
      ...planJson(plan, { done: !dry_run }),
      notes,
      ...(number !== undefined && { replay: number }),
    });
    if (dry_run || plan.events === 0) return toJson(plan);
    return await once(async (atEnd) => {
      const done = await deps.replay.start(installationId, plan, { ...request, atEnd });
      deps.onReplayed(done.plan.events);
      return done;
    }, (done) => toJson(done.plan, done.number));
  }

  async function findFlows(installationId: number, ids: readonly string[]): Promise<Flow[]> {
    return await Promise.all([...new Set(ids.map(Number))].map(async (flowId) => {
      const flow = await deps.flows.find(installationId, flowId);
      if (!flow) throw flowUnknown(flowId);
      return flow;
    }));
  }
}

function planJson(plan: ReplayPlan, { done }: { done: boolean }) {
  return {
    message: replayMessage(plan, { done }),
    events: plan.events,
    retried: plan.retried,
    runs: plan.runs,
    flows: plan.flows.map(({ id, name, retried, fromSteps, runs, repeated }) => ({
      flow_id: String(id),
      name,
      retried,
      from_steps: fromSteps,
      runs,
      repeated,
    })),
    skipped: plan.skipped.map(({ id, reason, run }) => ({
      id: String(id),
      reason,
      ...(run && { run_id: run.id, flow_id: String(run.flowId), ...(run.detail && { detail: run.detail }) }),
    })),
  };
}
