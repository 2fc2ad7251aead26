/** GET /ui/stops: what stands still in the workspace, until when, and whether a person may have it tried now. */

import type { Hono } from "hono";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import type { Breakers } from "../../breakers/breakers.ts";
import { budgetKeyOf, type RateLimiter } from "../../clockify/rate_limit.ts";
import type { Installation } from "../../installations/store.ts";
import { type Stop, STOP_CAUSES, type StopCause, type StopStore } from "../../overview/stops.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { id, instant } from "./schemas.ts";

export interface StopDeps {
  stops: StopStore;
  breakers: Pick<Breakers, "list">;
  /** Undefined where this process only listens: what others were answered is kept. */
  usage: RateLimiter["usage"] | undefined;
  clock: Clock;
}

export type StopRoutesDeps = AuthDeps & StopDeps;

export const stop = z.object({
  kind: z.enum(["clockify", "host"]),
  host: z.string().nullable().meta({ description: "Of a host that steps call; null: Clockify's budget" }),
  breaker_id: id.nullable().meta({ description: "What POST /ui/breakers/{id}/reset closes" }),
  cause: z.enum(STOP_CAUSES).meta({
    description: "retry_after: Clockify named the time; too_many: it named none, and the pause is Timewire's own; " +
      "hour: what it grants an hour is used up; failures: calls to the host kept failing",
  }),
  since: instant.nullable(),
  until: instant.meta({ description: "Calls are made again then; of a host, one is, to see" }),
  asked_seconds: z.int().nullable().meta({ description: "What the answer's Retry-After asked for" }),
  runs_waiting: z.int().meta({ description: "At most 10,000 are counted" }),
  try_now: z.object({
    allowed: z.boolean(),
    reason: z.string().nullable().meta({ description: "Why not" }),
  }),
}).meta({ id: "Stop" });

const listStops = defineRoute({
  method: "get",
  path: "/ui/stops",
  tag: "Workspace",
  summary: "What stands still by Timewire's own decision, and until when",
  about: "Nothing is lost meanwhile: events are stored, and runs that need what is stopped wait.",
  who: "member",
  answer: {
    status: 200,
    about: "Clockify's pause first, then hosts whose circuit breaker is open; empty where all runs",
    schema: z.object({ stops: z.array(stop) }),
    example: {
      stops: [{
        kind: "clockify",
        host: null,
        breaker_id: null,
        cause: "retry_after",
        since: "2026-11-21T15:33:00.000Z",
        until: "2026-11-21T16:03:00.000Z",
        asked_seconds: 1_800,
        runs_waiting: 8,
        try_now: { allowed: false, reason: "Clockify named the time: a call before it would only be refused" },
      }],
    },
  },
});
export const stopRoutes = [listStops];

const WHY_NOT: Record<StopCause, string | null> = {
  retry_after: "Clockify named the time: a call before it would only be refused",
  too_many: "Clockify refuses calls without naming a time, and each refusal makes the next pause longer",
  hour: "What Clockify grants the workspace in an hour is used up",
  failures: null,
};
const ADMINS_ONLY = "Only owners and admins of the workspace may";

export function mountStops(app: Hono<AppEnv>, deps: StopRoutesDeps) {
  mount(app, deps, listStops, async ({ login: { installation, role } }) => {
    const stops = await readStops(installation, deps);
    return { stops: stops.map((stop) => stopJson(stop, role === "admin")) };
  });
}

export async function readStops(
  installation: Installation,
  { stops, breakers, usage, clock }: StopDeps,
): Promise<Stop[]> {
  const [used, listed] = await Promise.all([usage?.(budgetKeyOf(installation)), breakers.list(installation.id)]);
  return await stops.stops(installation.id, { usage: used, breakers: listed, nowMs: clock.now() });
}

export function stopJson({ kind, id, host, cause, since, until, askedMs, runsWaiting }: Stop, mayReset: boolean) {
  const reason = WHY_NOT[cause] ?? (mayReset ? null : ADMINS_ONLY);
  return {
    kind,
    host,
    breaker_id: id === null ? null : String(id),
    cause,
    since: since?.toISOString() ?? null,
    until: until.toISOString(),
    asked_seconds: askedMs === null ? null : Math.ceil(askedMs / 1_000),
    runs_waiting: runsWaiting,
    try_now: { allowed: reason === null, reason },
  };
}
