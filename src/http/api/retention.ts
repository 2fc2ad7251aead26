/** GET /ui/retention: how long the data of a workspace is kept, and what the last sweeps deleted of it. */

import type { Hono } from "hono";
import { z } from "zod";
import { effectiveSettings } from "../../installations/settings.ts";
import { DAYS_KINDS, type DaysKind, type ShownDays } from "../../limits/shown.ts";
import type { SettingName, WorkspaceSettings } from "../../profiles/profile.ts";
import type { RetentionReport } from "../../retention/report.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { instant, workspaceId } from "./schemas.ts";

export interface RetentionRoutesDeps extends AuthDeps {
  /** What the environment says for workspaces that set nothing. */
  defaults: WorkspaceSettings;
  report(installationId: number): Promise<RetentionReport>;
  /** What is kept, in the order in which it is shown. */
  kinds: readonly ShownDays[];
  /** Days that no workspace sets. */
  days: { auditDays: number; journalDays: number; uninstallGraceDays: number };
}

const days = z.int().meta({ description: "Days kept; 0: without an end" });
const source = z.enum(["workspace", "environment"]);

const getRetention = defineRoute({
  method: "get",
  path: "/ui/retention",
  tag: "Workspace",
  summary: "How long data is kept, and what was deleted last",
  who: "member",
  answer: {
    status: 200,
    about: "The days, where each comes from, and the last sweeps",
    schema: z.object({
      workspace_id: workspaceId,
      webhook_log_days: days,
      flow_execution_days: days,
      cache_ttl_days: days,
      call_log_days: days,
      sources: z.object({ webhook_log_days: source, flow_execution_days: source, cache_ttl_days: source }),
      kept: z.array(z.object({
        kind: z.enum(DAYS_KINDS).meta({
          description:
            "Events; finished runs; records of requests to Clockify; entities read from it; the journal of changes; the " +
            "audit; and all of it after an uninstall",
        }),
        days,
        source,
        variable: z.string().meta({ description: "Sets it for workspaces that do not" }),
        reason: z.string().meta({ description: "Why it is not kept longer" }),
      })),
      next_run_at: instant,
      last_runs: z.array(z.object({
        slot: instant.meta({ description: "Beginning of the hour that the sweep stands for" }),
        state: z.string(),
        finished_at: instant.nullable(),
        deleted: z.record(z.string(), z.int()).meta({ description: "Rows of the workspace, by table" }),
      })),
    }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      webhook_log_days: 30,
      flow_execution_days: 30,
      cache_ttl_days: 7,
      call_log_days: 30,
      sources: { webhook_log_days: "environment", flow_execution_days: "environment", cache_ttl_days: "workspace" },
      kept: [{
        kind: "events",
        days: 30,
        source: "environment",
        variable: "UW_WEBHOOK_LOG_RETENTION_DAYS",
        reason: "Bodies are the largest part of the database, and hold data of people.",
      }],
      next_run_at: "2026-11-21T09:00:00.000Z",
      last_runs: [{
        slot: "2026-11-21T08:00:00.000Z",
        state: "completed",
        finished_at: "2026-11-21T08:00:04.000Z",
        deleted: { event: 12 },
      }],
    },
  },
});
export const retentionRoutes = [getRetention];

export function mountRetention(app: Hono<AppEnv>, deps: RetentionRoutesDeps) {
  const { profile, defaults } = deps;
  mount(app, deps, getRetention, async ({ login: { installation } }) => {
    const { values, settings } = effectiveSettings({ profile, defaults, stored: installation.settings });
    const sourceOf = (name: SettingName) => settings.find((setting) => setting.name === name)?.source ?? "environment";
    const { nextRunAt, lastRuns } = await deps.report(installation.id);
    return {
      workspace_id: installation.workspaceId,
      webhook_log_days: values.webhookLogDays,
      flow_execution_days: values.flowExecutionDays,
      cache_ttl_days: values.cacheTtlDays,
      call_log_days: values.callLogDays,
      sources: {
        webhook_log_days: sourceOf("webhookLogDays"),
        flow_execution_days: sourceOf("flowExecutionDays"),
        cache_ttl_days: sourceOf("cacheTtlDays"),
      },
      kept: deps.kinds.map(({ kind, variable, reason }) => {
        const [days, name] = daysOf(kind, { ...values, ...deps.days });
        return { kind, days, source: name === undefined ? "environment" as const : sourceOf(name), variable, reason };
      }),
      next_run_at: nextRunAt.toISOString(),
      last_runs: lastRuns.map(({ slotAt, state, finishedAt, deleted }) => ({
        slot: slotAt.toISOString(),
        state,
        finished_at: finishedAt?.toISOString() ?? null,
        deleted,
      })),
    };
  });
}

/** The days of a kind, and the setting of a workspace that they are, where it may set them. */
function daysOf(
  kind: DaysKind,
  all: WorkspaceSettings & RetentionRoutesDeps["days"],
): [days: number, setting?: SettingName] {
  switch (kind) {
    case "events":
      return [all.webhookLogDays, "webhookLogDays"];
    case "runs":
      return [all.flowExecutionDays, "flowExecutionDays"];
    case "calls":
      return [all.callLogDays, "callLogDays"];
    case "entities":
      return [all.cacheTtlDays, "cacheTtlDays"];
    case "journal":
      return [all.journalDays];
    case "audit":
      return [all.auditDays];
    case "uninstalled":
      return [all.uninstallGraceDays];
  }
}
