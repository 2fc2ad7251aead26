/** /ui/breakers: the hosts that steps of the workspace are kept from calling, and their reset. */

import type { Hono } from "hono";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import type { Breakers } from "../../breakers/breakers.ts";
import { type Breaker, BREAKER_STATES } from "../../breakers/store.ts";
import { personOf } from "../../clockify/call_origin.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { id, instant, workspaceId } from "./schemas.ts";

export interface BreakerRoutesDeps extends AuthDeps {
  breakers: Pick<Breakers, "list" | "reset">;
}

const PATH = "/ui/breakers";

const breaker = z.object({
  id,
  host: z.string().meta({ description: "With its port where that is not the usual one" }),
  state: z.enum(BREAKER_STATES).meta({
    description: "open: steps wait; half_open: one call is made, to see; closed: calls are made",
  }),
  changed_at: instant,
  opened_at: instant,
  probe_at: instant.nullable().meta({ description: "From then on one call is made, to see; null: it is closed" }),
  openings: z.int().meta({ description: "Times in a row: each waits twice as long, up to 10 minutes" }),
  failures: z.int().meta({ description: "Failed calls that opened it" }),
  error_code: z.string().meta({ description: "Of the last failed call" }),
  http_status: z.int().nullable(),
  reset_by: z.string().nullable().meta({ description: "Who closed it; null: the host answered again" }),
}).meta({ id: "Breaker" });

const EXAMPLE = {
  id: "7",
  host: "shop.example",
  state: "open" as const,
  changed_at: "2026-11-21T08:00:00.000Z",
  opened_at: "2026-11-21T08:00:00.000Z",
  probe_at: "2026-11-21T08:00:30.000Z",
  openings: 1,
  failures: 10,
  error_code: "UPSTREAM_FAILED",
  http_status: 503,
  reset_by: null,
};

const listBreakers = defineRoute({
  method: "get",
  path: PATH,
  tag: "Breakers",
  summary: "Hosts whose circuit breaker opened, those that are open first",
  who: "member",
  answer: {
    status: 200,
    about: "At most 500; a host that always answered has none",
    schema: z.object({ workspace_id: workspaceId, breakers: z.array(breaker) }),
    example: { workspace_id: "64a687e29ae1f428e7ebe303", breakers: [EXAMPLE] },
  },
});

const resetBreaker = defineRoute({
  method: "post",
  path: `${PATH}/{id}/reset`,
  creates: false,
  tag: "Breakers",
  summary: "Close a circuit breaker",
  about: "Runs that wait for the host resume within some seconds. It opens again where calls keep failing.",
  who: "admin",
  params: { id: id.meta({ description: "Id of the breaker" }) },
  answer: {
    status: 200,
    about: "It is closed, as it may have been before",
    schema: breaker,
    example: { ...EXAMPLE, state: "closed" as const, probe_at: null, reset_by: "5e6a0f7c1f3b2a0012345678" },
  },
  problems: ["NOT_FOUND"],
});

export const breakerRoutes = [listBreakers, resetBreaker];

export function mountBreakers(app: Hono<AppEnv>, deps: BreakerRoutesDeps) {
  const { breakers } = deps;
  mount(app, deps, listBreakers, async ({ login: { installation } }) => ({
    workspace_id: installation.workspaceId,
    breakers: (await breakers.list(installation.id)).map(breakerJson),
  }));
  mount(app, deps, resetBreaker, async ({ login, params: { id } }) => {
    const found = /^[1-9]\d{0,14}$/.test(id)
      ? await breakers.reset(login.installation.id, Number(id), personOf(login))
      : undefined;
    if (!found) {
      throw new AppError("NOT_FOUND", `Cannot find circuit breaker ${id.slice(0, 40)}: there is none of this id`);
    }
    return breakerJson(found.breaker);
  });
}

function breakerJson({ id, host, state, changedAt, openedAt, probeAt, ...breaker }: Breaker) {
  return {
    id: String(id),
    host,
    state,
    changed_at: changedAt.toISOString(),
    opened_at: openedAt.toISOString(),
    probe_at: state === "closed" ? null : probeAt.toISOString(),
    openings: breaker.openings,
    failures: breaker.failures,
    error_code: breaker.errorCode,
    http_status: breaker.httpStatus,
    reset_by: breaker.resetBy,
  };
}
