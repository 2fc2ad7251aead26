/** GET /ui/uninstall-preview: what would end and be deleted when the add-on is uninstalled from the workspace. Changes nothing. */

import type { Hono } from "hono";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { type Count, DELETED_KINDS, MAX_COUNTED, STOPPED, type UninstallPreview } from "../../overview/uninstall.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, readerOf } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { instant, workspaceId } from "./schemas.ts";

export interface UninstallPreviewDeps extends AuthDeps {
  preview(installationId: number): Promise<UninstallPreview>;
  /** UNINSTALL_GRACE_DAYS. */
  graceDays: number;
  /** How many backups are kept; 0 in all three: every one. */
  backups: { daily: number; weekly: number; monthly: number };
  clock: Clock;
}

const isPart = z.boolean().meta({ description: `There are more: up to ${MAX_COUNTED} of a table are counted` });
const rows = z.int().meta({ description: "At least so many where is_part is true" });

const preview = z.object({
  workspace_id: workspaceId,
  at: instant,
  grace_days: z.int().meta({
    description: "Days for which all is kept for a reinstall, from the uninstall on; 0: the next sweep deletes it",
  }),
  backups: z.object({ daily: z.int(), weekly: z.int(), monthly: z.int() }).meta({
    description: "Backups that are kept, which hold the data for so long; 0 in all three: every backup is kept",
  }),
  stored_bytes: z.int().meta({ description: "Of events and large outputs, as the quota counts them" }),
  stops: z.array(z.object({
    kind: z.enum(STOPPED).meta({
      description:
        "Runs in progress; waits and approvals of theirs; events whose flows were not decided yet; schedules of flows; jobs of " +
        "people (bulk, undo, history); sources; webhooks of the manifest, and those that were registered beside it",
    }),
    count: rows,
    is_part: isPart,
  })).meta({ description: "What ends with the uninstall at once; a reinstall starts none of it again" }),
  deletes: z.array(z.object({
    kind: z.enum(DELETED_KINDS),
    rows,
    is_part: isPart,
    tables: z.record(z.string(), z.int()).meta({ description: "Rows by table" }),
  })).meta({ description: "What is deleted after the grace period: everything of the workspace, by kind" }),
}).meta({ id: "UninstallPreview" });

const getPreview = defineRoute({
  method: "get",
  path: "/ui/uninstall-preview",
  tag: "Workspace",
  summary: "What an uninstall would stop at once, and delete after the grace period",
  about: "Changes nothing. What flows wrote to Clockify stays there, and cannot be undone from here any more.",
  who: "admin",
  costly: true,
  answer: {
    status: 200,
    about: "The counts as of now",
    schema: preview,
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      at: "2026-11-21T08:00:00.000Z",
      grace_days: 30,
      backups: { daily: 7, weekly: 4, monthly: 12 },
      stored_bytes: 1_843_200,
      stops: [{ kind: "runs", count: 2, is_part: false }],
      deletes: [{ kind: "events", rows: 1_530, is_part: false, tables: { event: 1_500, event_tally: 30 } }],
    },
  },
});
export const uninstallPreviewRoutes = [getPreview];

export function mountUninstallPreview(app: Hono<AppEnv>, deps: UninstallPreviewDeps) {
  mount(app, deps, getPreview, async ({ login }) => {
    const { installation } = login;
    const { stops, deletes, storedBytes } = await deps.costly.run(
      readerOf(login),
      () => deps.preview(installation.id),
    );
    return {
      workspace_id: installation.workspaceId,
      at: new Date(deps.clock.now()).toISOString(),
      grace_days: deps.graceDays,
      backups: deps.backups,
      stored_bytes: storedBytes,
      stops: STOPPED.map((kind) => ({ kind, ...countJson(stops[kind]) })),
      deletes: deletes.map(({ kind, tables }) => ({
        kind,
        rows: tables.reduce((sum, { count }) => sum + count, 0),
        is_part: tables.some(({ isPart }) => isPart),
        tables: Object.fromEntries(tables.map(({ table, count }) => [table, count])),
      })),
    };
  });
}

function countJson({ count, isPart }: Count) {
  return { count, is_part: isPart };
}
