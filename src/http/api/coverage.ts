/** /ui/webhooks/coverage: which way each event type comes, and what is wrong; /ui/webhooks/api-key: the key for more webhooks. */

import type { Hono } from "hono";
import { z } from "zod";
import type { CoverageRoom } from "../../coverage/coverage.ts";
import { isAlarm } from "../../coverage/gauges.ts";
import type { CoverageRow } from "../../coverage/store.ts";
import { AppError } from "../../base/errors.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, requireAdmin, requireLogin } from "../server/login.ts";
import { type BodyLimits, readJson } from "../server/body.ts";

export interface CoverageRoutesDeps extends AuthDeps {
  coverage: CoverageRoom;
  body: BodyLimits;
}

const COVERAGE = "/ui/webhooks/coverage";
const API_KEY = "/ui/webhooks/api-key";

/** What may stand in a header; Clockify's keys are 48 characters. */
const keySchema = z.strictObject({ api_key: z.string().regex(/^[\x21-\x7e]{8,512}$/) });

export function mountCoverage(app: Hono<AppEnv>, deps: CoverageRoutesDeps) {
  const { coverage } = deps;

  app.get(COVERAGE, async (c) => {
    const { installation } = await requireLogin(c, deps);
    const { checkedAt, rows } = await coverage.view(installation);
    return c.json({
      workspace_id: installation.workspaceId,
      checked_at: checkedAt?.toISOString() ?? null,
      summary: summaryOf(rows),
      events: rows.map(rowJson),
    });
  });

  app.post(`${COVERAGE}/check`, async (c) => {
    const { installation } = await requireAdmin(c, deps);
    await coverage.requestCheck(installation.id);
    return c.json({ workspace_id: installation.workspaceId, status: "requested" }, 202);
  });

  app.get(API_KEY, async (c) => {
    const { installation } = await requireLogin(c, deps);
    return c.json(keyJson(installation.workspaceId, await coverage.keyConfiguredAt(installation.id)));
  });

  app.put(API_KEY, async (c) => {
    const { installation } = await requireAdmin(c, deps);
    const parsed = keySchema.safeParse(await readJson(c, deps.body));
    // Nothing of the input is quoted: it may be the key in another form.
    if (!parsed.success) {
      throw new AppError("REQUEST_INVALID", 'Cannot take the API key: {"api_key": "..."} is due, as Clockify shows it');
    }
    await coverage.setKey(installation, parsed.data.api_key);
    return c.json(keyJson(installation.workspaceId, await coverage.keyConfiguredAt(installation.id)));
  });

  app.delete(API_KEY, async (c) => {
    const { installation } = await requireAdmin(c, deps);
    if (!await coverage.removeKey(installation.id)) {
      throw new AppError("NOT_FOUND", "Cannot remove the API key: none is there");
    }
    // Its webhooks are removed at Clockify by a job.
    return c.json({ ...keyJson(installation.workspaceId, undefined), status: "removing" }, 202);
  });
}

function keyJson(workspaceId: string, configuredAt: Date | undefined) {
  return {
    workspace_id: workspaceId,
    configured: configuredAt !== undefined,
    configured_at: configuredAt?.toISOString() ?? null,
  };
}

/** How many event types come which way. */
export function summaryOf(rows: readonly CoverageRow[]) {
  const count = (fits: (row: CoverageRow) => boolean) => rows.filter(fits).length;
  return {
    total: rows.length,
    covered: count(({ way }) => way !== "none"),
    manifest: count(({ way }) => way === "manifest"),
    user_webhook: count(({ way }) => way === "user_webhook"),
    polling: count(({ way }) => way === "polling"),
    none: count(({ way }) => way === "none"),
    alarms: count(isAlarm),
  };
}

function rowJson(row: CoverageRow) {
  return {
    event_type: row.eventType,
    way: row.way,
    state: row.state,
    reason: row.reason,
    next_step: row.nextStep ?? null,
    last_event_at: row.lastEventAt?.toISOString() ?? null,
    ...(row.remoteId !== undefined && { remote_id: row.remoteId }),
  };
}
