/** POST /ui/webhooks/replay and /ui/webhooks/{id}/replay: have failed runs of past events go on, or flows run for them once more. */

import type { Context, Hono } from "hono";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import { eventUnknown } from "../../events/store.ts";
import { type Flow, type FlowStore, flowUnknown } from "../../flows/store.ts";
import { MAX_FLOWS, MAX_REPLAYED, type Replay, type ReplayPlan, type ReplayRequest } from "../../replay/replay.ts";
import { offNote, repeatNotes, replayMessage } from "../../replay/words.ts";
import { RETRY_VERSIONS } from "../../runs/go_on.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, type Login, readerOf, requireAdmin } from "../server/login.ts";
import { type BodyLimits, readJson } from "../server/body.ts";

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
  version: z.enum(RETRY_VERSIONS, 'must be "same" or "present"').optional(),
}, "must be an object").superRefine(({ flows, flow_id, version }, context) => {
  const fault = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
  if (flows !== undefined && flow_id !== undefined) fault("flow_id", "stands beside flows: give one of them");
  const fromStart = flow_id !== undefined || (flows !== undefined && flows !== "failed");
  if (version === "same" && fromStart) {
    fault("version", "is for failed runs that go on: a new run takes the present one");
  }
});
const manySchema = oneSchema.safeExtend({
  ids: z.array(id, idList).min(1, idList).max(MAX_REPLAYED, idList),
});

/** Flows that are asked about more events are a costly read. */
const MAX_CHEAP = 10;

export function mountReplay(app: Hono<AppEnv>, deps: ReplayRoutesDeps) {
  app.post(`${PATH}/replay`, async (c) => {
    const login = await requireAdmin(c, deps);
    const { ids, ...options } = checked(manySchema, await readJson(c, deps.body));
    return await answer(c, { ...options, login, eventIds: [...new Set(ids.map(Number))] });
  });

  app.post(`${PATH}/:id{[0-9]+}/replay`, async (c) => {
    const login = await requireAdmin(c, deps);
    const options = checked(oneSchema, await readJson(c, deps.body));
    const text = c.req.param("id");
    if (!id.safeParse(text).success) throw eventUnknown(text.slice(0, 40));
    return await answer(c, { ...options, login, eventIds: [Number(text)], must: true });
  });

  /** `must`: an event that is not there is NOT_FOUND, instead of one that was left out. */
  async function answer(
    c: Context<AppEnv>,
    { login, eventIds, dry_run, flows, flow_id, version, must = false }:
      & { login: Login; eventIds: number[]; must?: boolean }
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
    const starts = !dry_run && plan.events > 0;
    const done = starts ? await deps.replay.start(installationId, plan, request) : undefined;
    if (done) deps.onReplayed(done.plan.events);
    return c.json({
      dry_run,
      ...planJson(done?.plan ?? plan, { done: !dry_run }),
      notes: [
        ...repeatNotes(plan),
        ...named.filter(({ enabled }) => !enabled).map(({ definition }) => offNote(definition)),
      ],
      ...(done?.number !== undefined && { replay: done.number }),
    });
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

function checked<Shape extends z.ZodType>(shape: Shape, input: unknown): z.infer<Shape> {
  const parsed = shape.safeParse(input);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  throw new AppError("REQUEST_INVALID", "Cannot replay: the request does not say what", { details: { faults } });
}
