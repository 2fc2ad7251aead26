/** GET /ui/dashboard: how the first read went, what the workspace holds, its flows and its recent traffic. */

import type { Hono } from "hono";
import { z } from "zod";
import type { ReadView } from "../../entities/bootstrap/view.ts";
import { COUNTED, type DashboardStore } from "../../events/dashboard.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, readerOf } from "../server/login.ts";
import { readFields, statusLabel } from "./bootstrap.ts";
import { defineRoute, mount } from "./contract.ts";
import { instant, workspaceId } from "./schemas.ts";

export interface DashboardRoutesDeps extends AuthDeps {
  dashboard: DashboardStore;
  /** How reading the workspace stands, and what it holds. */
  workspaceRead(
    installationId: number,
  ): Promise<Pick<ReadView, "status" | "progress" | "total" | "lastError" | "updatedAt" | "entities">>;
}

const summary = z.string().meta({ description: "The same as a sentence" });

const executions = z.int().meta({ description: "At most 10,000, which stands for more too" });

const getDashboard = defineRoute({
  method: "get",
  path: "/ui/dashboard",
  tag: "Workspace",
  summary: "The workspace at a glance: what was read, its flows, its traffic",
  who: "member",
  costly: true,
  answer: {
    status: 200,
    about: "The numbers",
    schema: z.object({
      workspace_id: workspaceId,
      bootstrap: z.object(readFields),
      entity_counts: z.object({ by_type: z.record(z.string(), z.int()), total: z.int(), summary }),
      flows: z.object({ total: z.int(), enabled: z.int(), summary }),
      recent_activity: z.object({ webhooks_24h: z.int(), executions_24h: executions, summary }),
      receiving: z.object({
        last_event_at: instant.nullable(),
        events_last_hour: z.number().meta({
          description: "Those of this clock hour and, in proportion, of the one before",
        }),
      }),
    }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      bootstrap: {
        status: "COMPLETE",
        progress: 12,
        total: 12,
        last_error: null,
        updated_at: "2026-11-21T08:00:00.000Z",
        status_label: "Complete",
      },
      entity_counts: { by_type: { project: 4, tag: 9 }, total: 13, summary: "13 entities of 2 types" },
      flows: { total: 2, enabled: 1, summary: "2 flows, 1 enabled" },
      recent_activity: {
        webhooks_24h: 120,
        executions_24h: 80,
        summary: "120 webhooks and 80 executions in 24 hours",
      },
      receiving: { last_event_at: "2026-11-21T07:58:00.000Z", events_last_hour: 14 },
    },
  },
});
export const dashboardRoutes = [getDashboard];

export function mountDashboard(app: Hono<AppEnv>, deps: DashboardRoutesDeps) {
  // The address of the documents' sidebar: a browser gets the console, with the token that Clockify gave it. Relative, since
  // a proxy may serve it below a path.
  app.get(getDashboard.path, (c, next) => {
    const accepted = c.req.header("accept") ?? "";
    if (!accepted.includes("text/html") || accepted.includes("application/json")) return next();
    return Promise.resolve(c.redirect(`../ui${new URL(c.req.url).search}`));
  });
  mount(app, deps, getDashboard, async ({ login }) => {
    const { installation } = login;
    const [overview, read] = await Promise.all([
      deps.costly.run(readerOf(login), () => deps.dashboard.overview(installation.id)),
      deps.workspaceRead(installation.id),
    ]);
    const { flows, webhooks24h, executions24h } = overview;
    const types = Object.keys(read.entities).length;
    const total = Object.values(read.entities).reduce((sum, count) => sum + count, 0);
    return {
      workspace_id: installation.workspaceId,
      bootstrap: {
        status: read.status,
        progress: read.progress,
        total: read.total,
        last_error: read.lastError,
        updated_at: read.updatedAt?.toISOString() ?? null,
        status_label: statusLabel(read),
      },
      entity_counts: {
        by_type: read.entities,
        total,
        summary: `${counted(total, "entity", "entities")} of ${counted(types, "type", "types")}`,
      },
      flows: { ...flows, summary: `${counted(flows.total, "flow", "flows")}, ${flows.enabled} enabled` },
      recent_activity: {
        webhooks_24h: webhooks24h,
        executions_24h: executions24h,
        summary: `${counted(webhooks24h, "webhook", "webhooks")} and ${
          executions24h < COUNTED ? counted(executions24h, "execution", "executions") : "10,000 executions or more"
        } in 24 hours`,
      },
      receiving: {
        last_event_at: overview.lastEventAt?.toISOString() ?? null,
        events_last_hour: overview.eventsLastHour,
      },
    };
  });
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
