/**
 * /ui/webhooks/coverage: the delivery path of each event type, and what is wrong; /ui/webhooks/api-key: the key for
 * more webhooks.
 */

import type { Hono } from "hono";
import { z } from "zod";
import type { CoverageService } from "../../coverage/coverage.ts";
import { isAlarm } from "../../coverage/gauges.ts";
import { DELIVERY_PATHS } from "../../coverage/plan.ts";
import { COVERAGE_STATES, type CoverageRow } from "../../coverage/store.ts";
import type { ReconcileService } from "../../reconcile/service.ts";
import { type ReconcileView, SOURCES } from "../../reconcile/store.ts";
import { AppError } from "../../base/errors.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import type { BodyLimits } from "../server/body.ts";
import { defineRoute, mount } from "./contract.ts";
import { instant, workspaceId } from "./schemas.ts";

export interface CoverageRoutesDeps extends AuthDeps {
  coverage: CoverageService;
  reconcile: ReconcileService;
  body: BodyLimits;
}

const COVERAGE = "/ui/webhooks/coverage";
const API_KEY = "/ui/webhooks/api-key";

const KEY_FORM = "must be 8 to 512 printable characters without spaces";
/** What may stand in a header; Clockify's keys are 48 characters. Nothing of the input is quoted: it may be the key in another form. */
const keyBody = z.strictObject({
  api_key: z.string(KEY_FORM).regex(/^[\x21-\x7e]{8,512}$/, KEY_FORM),
}, "must be an object with api_key alone");

const keyFields = { workspace_id: workspaceId, configured: z.boolean(), configured_at: instant.nullable() };
const keyAnswer = z.object(keyFields).meta({ id: "ApiKey" });
const KEY_EXAMPLE = {
  workspace_id: "64a687e29ae1f428e7ebe303",
  configured: true,
  configured_at: "2026-11-21T08:00:00.000Z",
};

export const coverageSummary = z.object({
  total: z.int(),
  covered: z.int(),
  manifest: z.int(),
  user_webhook: z.int(),
  polling: z.int(),
  none: z.int(),
  alarms: z.int(),
}).meta({ id: "CoverageSummary", description: "How many event types arrive by each delivery path" });
export const SUMMARY_EXAMPLE = {
  total: 2,
  covered: 1,
  manifest: 1,
  user_webhook: 0,
  polling: 0,
  none: 1,
  alarms: 0,
};

const coverageRow = z.object({
  event_type: z.string(),
  way: z.enum(DELIVERY_PATHS),
  state: z.enum(COVERAGE_STATES).meta({
    description: "silent: nothing came although data moved; unknown: Clockify does not show it",
  }),
  reason: z.string(),
  next_step: z.string().nullable(),
  last_event_at: instant.nullable(),
  remote_id: z.string().optional().meta({ description: "Clockify's id of a webhook that was registered by API key" }),
}).meta({ id: "CoveredEvent" });

const reconciliation = z.object({
  checked_at: instant.nullable().meta({ description: "null: nothing was looked through yet" }),
  expected: z.int().meta({ description: "Events that Clockify says it had, since the first search" }),
  seen: z.int().meta({ description: "Those that were received" }),
  reconciled: z.int().meta({ description: "Those that were not, and were found and published" }),
  sources: z.array(z.object({
    source: z.enum(SOURCES),
    name: z.string().meta({ description: "Clockify's id of the webhook, or the feed's kind" }),
    checked_at: instant.nullable(),
    reached: instant.meta({ description: "Everything before is looked through" }),
    expected: z.int(),
    seen: z.int(),
    reconciled: z.int(),
    error: z.string().nullable(),
  })),
}).meta({ id: "Reconciliation", description: "Missed events, by Clockify's delivery logs and entity feeds" });

const getCoverage = defineRoute({
  method: "get",
  path: COVERAGE,
  tag: "Delivery",
  summary: "Delivery path of each event type, and what is wrong with it",
  who: "member",
  answer: {
    status: 200,
    about: "What the last check found",
    schema: z.object({
      workspace_id: workspaceId,
      checked_at: instant.nullable().meta({ description: "null: there was no check yet" }),
      summary: coverageSummary,
      reconciliation,
      events: z.array(coverageRow),
    }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      checked_at: "2026-11-21T08:00:00.000Z",
      summary: SUMMARY_EXAMPLE,
      reconciliation: {
        checked_at: "2026-11-21T08:00:00.000Z",
        expected: 41,
        seen: 40,
        reconciled: 1,
        sources: [{
          source: "entity_feed",
          name: "created",
          checked_at: "2026-11-21T08:00:00.000Z",
          reached: "2026-11-21T07:50:00.000Z",
          expected: 41,
          seen: 40,
          reconciled: 1,
          error: null,
        }],
      },
      events: [{
        event_type: "NEW_TIME_ENTRY",
        way: "manifest",
        state: "ok",
        reason: "Comes with the add-on's manifest",
        next_step: null,
        last_event_at: "2026-11-21T07:58:00.000Z",
      }],
    },
  },
});

const checkCoverage = defineRoute({
  method: "post",
  path: `${COVERAGE}/check`,
  tag: "Delivery",
  summary: "Check the webhooks now",
  who: "admin",
  creates: true,
  answer: {
    status: 202,
    about: "A check will follow",
    schema: z.object({ workspace_id: workspaceId, status: z.literal("requested") }),
    example: { workspace_id: "64a687e29ae1f428e7ebe303", status: "requested" },
  },
});

const searchMissed = defineRoute({
  method: "post",
  path: `${COVERAGE}/reconcile`,
  tag: "Delivery",
  summary: "Search for missed events now",
  about:
    "In Clockify's delivery logs, with the API key, and in its feeds of changes. Each that is found is published once.",
  who: "admin",
  creates: true,
  answer: {
    status: 202,
    about: "A search will follow",
    schema: z.object({ workspace_id: workspaceId, status: z.literal("requested") }),
    example: { workspace_id: "64a687e29ae1f428e7ebe303", status: "requested" },
  },
});

const getApiKey = defineRoute({
  method: "get",
  path: API_KEY,
  tag: "Delivery",
  summary: "Whether an API key is stored to register webhooks with",
  about: "The key itself is never returned.",
  who: "member",
  answer: { status: 200, about: "Whether, and since when", schema: keyAnswer, example: KEY_EXAMPLE },
});

const putApiKey = defineRoute({
  method: "put",
  path: API_KEY,
  tag: "Delivery",
  summary: "Store the API key of a workspace admin",
  about: "It is verified with Clockify first. A check follows, which registers what the manifest does not cover.",
  who: "admin",
  body: {
    schema: keyBody,
    refusal: 'Cannot store the API key: expected {"api_key": "..."}, with the key as Clockify shows it',
    example: { api_key: "NTc2YTQ4ZTUtZjM5MC00MzZhLWE2YWEtZmM0YzUxYWZhNzZl" },
  },
  answer: { status: 200, about: "The key is stored", schema: keyAnswer, example: KEY_EXAMPLE },
  problems: [
    "UPSTREAM_UNREACHABLE",
    "UPSTREAM_TIMEOUT",
    "UPSTREAM_RESPONSE_TOO_LARGE",
    "UPSTREAM_RESPONSE_INVALID",
    "UPSTREAM_REJECTED",
    "UPSTREAM_FAILED",
    "UPSTREAM_RATE_LIMITED",
  ],
});

const deleteApiKey = defineRoute({
  method: "delete",
  path: API_KEY,
  tag: "Delivery",
  summary: "Delete the API key and the webhooks registered with it",
  who: "admin",
  answer: {
    status: 202,
    about: "Its webhooks are being removed at Clockify",
    schema: z.object({ ...keyFields, status: z.literal("removing") }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      configured: false,
      configured_at: null,
      status: "removing",
    },
  },
  problems: ["NOT_FOUND"],
});
export const coverageRoutes = [getCoverage, checkCoverage, searchMissed, getApiKey, putApiKey, deleteApiKey];

export function mountCoverage(app: Hono<AppEnv>, deps: CoverageRoutesDeps) {
  const { coverage, reconcile } = deps;

  mount(app, deps, getCoverage, async ({ login: { installation } }) => {
    const [{ checkedAt, rows }, searched] = await Promise.all([
      coverage.view(installation),
      reconcile.view(installation.id),
    ]);
    return {
      workspace_id: installation.workspaceId,
      checked_at: checkedAt?.toISOString() ?? null,
      summary: summaryOf(rows),
      reconciliation: reconciliationJson(searched),
      events: rows.map(rowJson),
    };
  });

  mount(app, deps, checkCoverage, ({ login: { installation }, once }) =>
    once(
      (atEnd) => coverage.requestCheck(installation.id, { atEnd }),
      () => ({ workspace_id: installation.workspaceId, status: "requested" as const }),
    ));

  mount(app, deps, searchMissed, ({ login: { installation }, once }) =>
    once(
      (atEnd) => reconcile.request(installation.id, { atEnd }),
      () => ({ workspace_id: installation.workspaceId, status: "requested" as const }),
    ));

  mount(app, deps, getApiKey, async ({ login: { installation } }) => {
    return keyJson(installation.workspaceId, await coverage.keyConfiguredAt(installation.id));
  });

  mount(app, deps, putApiKey, async ({ login: { installation }, body }) => {
    const { api_key } = await body();
    await coverage.setKey(installation, api_key);
    return keyJson(installation.workspaceId, await coverage.keyConfiguredAt(installation.id));
  });

  mount(app, deps, deleteApiKey, async ({ login: { installation } }) => {
    if (!await coverage.removeKey(installation.id)) {
      throw new AppError("NOT_FOUND", "Cannot delete the API key: none is stored");
    }
    // Its webhooks are removed at Clockify by a job.
    return { ...keyJson(installation.workspaceId, undefined), status: "removing" as const };
  });
}

function keyJson(workspaceId: string, configuredAt: Date | undefined) {
  return {
    workspace_id: workspaceId,
    configured: configuredAt !== undefined,
    configured_at: configuredAt?.toISOString() ?? null,
  };
}

function reconciliationJson(searched: readonly ReconcileView[]) {
  const sum = (of: (one: ReconcileView) => number) => searched.reduce((total, one) => total + of(one), 0);
  const checked = searched.flatMap(({ checkedAt }) => checkedAt ?? []).sort((a, b) => b.getTime() - a.getTime());
  return {
    checked_at: checked[0]?.toISOString() ?? null,
    expected: sum(({ expected }) => expected),
    seen: sum(({ seen }) => seen),
    reconciled: sum(({ found }) => found),
    sources: searched.map(({ source, name, checkedAt, reached, expected, seen, found, error }) => ({
      source,
      name,
      checked_at: checkedAt?.toISOString() ?? null,
      reached: reached.toISOString(),
      expected,
      seen,
      reconciled: found,
      error,
    })),
  };
}

/** How many event types arrive by each delivery path. */
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
