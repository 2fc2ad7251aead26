/** GET /ui/parts: health of the program's parts, for one workspace. */

import type { Hono } from "hono";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import type { Database } from "../../db/db.ts";
import type { KeyReports } from "../../secrets/key_report.ts";
import { type BacklogStore, describeHealth, type HealthFacts } from "../../overview/health.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import type { HealthDeps } from "../server/health.ts";
import { defineRoute, mount } from "./contract.ts";

export interface SystemHealthRoutesDeps extends AuthDeps {
  health: Pick<HealthDeps, "probe" | "requireSignature" | "redis">;
  database: Pick<Database, "kind" | "place">;
  backlogs: BacklogStore;
  keys: Pick<KeyReports, "token">;
  /** Undefined where this process only listens. */
  worker: HealthFacts["worker"];
  secondsSinceRetention(): Promise<number | undefined>;
  clock: Clock;
}

const part = z.object({
  name: z.string(),
  state: z.enum(["ok", "warn", "bad", "off"]).meta({ description: "off: not in use here" }),
  detail: z.string(),
}).meta({ id: "Part" });

const getParts = defineRoute({
  method: "get",
  path: "/ui/parts",
  tag: "Workspace",
  summary: "Health of the parts of the program, for the workspace",
  about: "Members see the product of the database, not its address.",
  who: "member",
  answer: {
    status: 200,
    about: "The parts, each with a sentence",
    schema: z.object({ parts: z.array(part) }),
    example: { parts: [{ name: "Database", state: "ok", detail: "PostgreSQL" }] },
  },
});
export const systemHealthRoutes = [getParts];

export function mountSystemHealth(app: Hono<AppEnv>, deps: SystemHealthRoutesDeps) {
  const { health: { probe, requireSignature, redis }, database: { kind, place }, worker, clock } = deps;
  mount(app, deps, getParts, async ({ login: { installation, role } }) => {
    const [answer, migrations, keys, backlog, token, secondsSinceRetention] = await Promise.all([
      probe.database(),
      probe.migrations(),
      probe.keys(),
      deps.backlogs.backlog(installation.id),
      deps.keys.token(installation.id),
      deps.secondsSinceRetention(),
    ]);
    const nowMs = clock.now();
    const parts = describeHealth({
      database: { answer, kind, place },
      migrations,
      keys,
      signatureChecked: requireSignature,
      backlog,
      worker,
      secondsSinceRetention,
      redis: redis(),
      token,
      active: installation.status === "active",
      installedForMs: nowMs - installation.installedAt.getTime(),
      nowMs,
    }, { whole: role === "admin" });
    return { parts };
  });
}
