/** POST /ui/webhooks/replay and /ui/webhooks/{id}/replay: have past events go through the flows of now once more. */

import type { Context, Hono } from "hono";
import { z } from "zod";
import { AppError } from "../errors.ts";
import { eventUnknown } from "../events/store.ts";
import { type FlowStore, flowUnknown } from "../flows/store.ts";
import { MAX_REPLAYED, type Replay } from "../replay/replay.ts";
import type { AppEnv } from "./app_env.ts";
import { type AuthDeps, requireAdmin } from "./auth.ts";
import { type BodyLimits, readJson } from "./body.ts";

export interface ReplayRoutesDeps extends AuthDeps {
  replay: Replay;
  flows: Pick<FlowStore, "find">;
  body: BodyLimits;
  /** Jobs for so many events were stored. */
  onReplayed(events: number): void;
}

const PATH = "/ui/webhooks";

const idList = `must be a list of 1 to ${MAX_REPLAYED} ids of events, as in ["17", "18"]`;
const id = z.string("must be an id").regex(/^[1-9]\d{0,14}$/, 'must be an id, as in "17"');
const oneSchema = z.strictObject({
  dry_run: z.boolean("must be true or false").default(false),
  flow_id: id.optional(),
}, "must be an object");
const manySchema = oneSchema.extend({
  ids: z.array(id, idList).min(1, idList).max(MAX_REPLAYED, idList),
});

export function mountReplay(app: Hono<AppEnv>, deps: ReplayRoutesDeps) {
  app.post(`${PATH}/replay`, async (c) => {
    const { installation } = await requireAdmin(c, deps);
    const { ids, ...options } = checked(manySchema, await readJson(c.req.raw, deps.body));
    return await answer(c, { ...options, installationId: installation.id, eventIds: [...new Set(ids.map(Number))] });
  });

  app.post(`${PATH}/:id{[0-9]+}/replay`, async (c) => {
    const { installation } = await requireAdmin(c, deps);
    const options = checked(oneSchema, await readJson(c.req.raw, deps.body));
    const text = c.req.param("id");
    if (!id.safeParse(text).success) throw eventUnknown(text.slice(0, 40));
    return await answer(c, { ...options, installationId: installation.id, eventIds: [Number(text)], must: true });
  });

  /** `must`: an event that is not there is NOT_FOUND, instead of one that was left out. */
  async function answer(
    c: Context<AppEnv>,
    { installationId, eventIds, dry_run, flow_id, must = false }:
      & { installationId: number; eventIds: number[]; must?: boolean }
      & z.infer<typeof oneSchema>,
  ) {
    const flowId = flow_id === undefined ? undefined : Number(flow_id);
    if (flowId !== undefined && !await deps.flows.find(installationId, flowId)) throw flowUnknown(flowId);
    const plan = await deps.replay.plan(installationId, { eventIds, flowId });
    if (must && plan.skipped[0]?.reason === "not_found") throw eventUnknown(eventIds[0]!);
    const starts = !dry_run && plan.events.length > 0;
    const replay = starts ? await deps.replay.start(installationId, plan, { flowId }) : undefined;
    if (starts) deps.onReplayed(plan.events.length);
    return c.json({
      dry_run,
      events: plan.events.length,
      runs: plan.runs,
      skipped: plan.skipped.map(({ id, reason }) => ({ id: String(id), reason })),
      ...(replay !== undefined && { replay }),
    });
  }
}

function checked<Shape extends z.ZodType>(shape: Shape, input: unknown): z.infer<Shape> {
  const parsed = shape.safeParse(input);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  throw new AppError("REQUEST_INVALID", "Cannot replay: the request does not say what", { details: { faults } });
}
