/** GET /ui/dashboard: how the first read went, what the workspace holds, its flows and its recent traffic. */

import type { Hono } from "hono";
import type { ReadView } from "../../entities/bootstrap/view.ts";
import type { DashboardStore } from "../../events/dashboard.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, readerOf, requireLogin } from "../server/login.ts";
import { statusLabel } from "./bootstrap.ts";

export interface DashboardRoutesDeps extends AuthDeps {
  dashboard: DashboardStore;
  /** How reading the workspace stands, and what it holds. */
  workspaceRead(
    installationId: number,
  ): Promise<Pick<ReadView, "status" | "progress" | "total" | "lastError" | "updatedAt" | "entities">>;
}

export function mountDashboard(app: Hono<AppEnv>, deps: DashboardRoutesDeps) {
  app.get("/ui/dashboard", async (c) => {
    const login = await requireLogin(c, deps);
    const { installation } = login;
    const [overview, read] = await Promise.all([
      deps.costly.run(readerOf(login), () => deps.dashboard.overview(installation.id)),
      deps.workspaceRead(installation.id),
    ]);
    const { flows, webhooks24h, executions24h } = overview;
    const types = Object.keys(read.entities).length;
    const total = Object.values(read.entities).reduce((sum, count) => sum + count, 0);
    return c.json({
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
          counted(executions24h, "execution", "executions")
        } in 24 hours`,
      },
      receiving: {
        last_event_at: overview.lastEventAt?.toISOString() ?? null,
        events_last_hour: overview.eventsLastHour,
      },
    });
  });
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
