/** GET /ui/retention: how long the data of a workspace is kept, and what the last sweeps deleted of it. */

import type { Hono } from "hono";
import { settingsInForce } from "../../installations/settings.ts";
import type { SettingName, WorkspaceSettings } from "../../profiles/profile.ts";
import type { RetentionReport } from "../../retention/report.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, requireLogin } from "../server/login.ts";

export interface RetentionRoutesDeps extends AuthDeps {
  /** What the environment says for workspaces that set nothing. */
  defaults: WorkspaceSettings;
  report(installationId: number): Promise<RetentionReport>;
}

/** Names of the answer, and the settings they come from. */
const DAYS = {
  webhook_log_days: "webhookLogDays",
  flow_execution_days: "flowExecutionDays",
  cache_ttl_days: "cacheTtlDays",
} as const satisfies Record<string, SettingName>;

export function mountRetention(app: Hono<AppEnv>, deps: RetentionRoutesDeps) {
  app.get("/ui/retention", async (c) => {
    const { installation } = await requireLogin(c, deps);
    const { profile, defaults } = deps;
    const { values, settings } = settingsInForce({ profile, defaults, stored: installation.settings });
    const days = Object.entries(DAYS);
    const sourceOf = (name: SettingName) => settings.find((setting) => setting.name === name)?.source ?? "environment";
    const { nextRunAt, lastRuns } = await deps.report(installation.id);
    return c.json({
      workspace_id: installation.workspaceId,
      ...Object.fromEntries(days.map(([field, name]) => [field, values[name]])),
      sources: Object.fromEntries(days.map(([field, name]) => [field, sourceOf(name)])),
      next_run_at: nextRunAt.toISOString(),
      last_runs: lastRuns.map(({ slotAt, state, finishedAt, deleted }) => ({
        slot: slotAt.toISOString(),
        state,
        finished_at: finishedAt?.toISOString() ?? null,
        deleted,
      })),
    });
  });
}
