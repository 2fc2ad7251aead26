/** GET /ui/overview: what came in and ran lately, coverage, and what needs a person. */

import type { Hono } from "hono";
import { z } from "zod";
import type { ReadView } from "../../entities/bootstrap/view.ts";
import { budgetKeyOf, type RateLimiter, type RateUsage } from "../../clockify/rate_limit.ts";
import type { Clock } from "../../base/clock.ts";
import type { CoverageService, CoverageView } from "../../coverage/coverage.ts";
import { redactPayload } from "../../events/payload.ts";
import { type EffectiveSetting, effectiveSettings } from "../../installations/settings.ts";
import type { SettingsState } from "../../installations/settings_read.ts";
import type { Installation } from "../../installations/store.ts";
import { type AlarmFacts, alarmsOf } from "../../overview/alarms.ts";
import type { OverviewNumbers, OverviewStore } from "../../overview/overview.ts";
import { type Receiving, receivingState } from "../../overview/receiving.ts";
import type { Failure } from "../../overview/runs.ts";
import type { Profile, WorkspaceSettings } from "../../profiles/profile.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import type { HealthDeps } from "../server/health.ts";
import { type AuthDeps, readerOf } from "../server/login.ts";
import { wholeNumber } from "../server/query.ts";
import { readStatus, statusLabel } from "./bootstrap.ts";
import { defineRoute, mount } from "./contract.ts";
import { coverageSummary, SUMMARY_EXAMPLE, summaryOf } from "./coverage.ts";
import { id, instant, orNull } from "./schemas.ts";

export interface OverviewRoutesDeps extends AuthDeps {
  overview: OverviewStore;
  workspaceRead(installationId: number): Promise<ReadView>;
  coverage: Pick<CoverageService, "view">;
  /** What the environment says. */
  defaults: WorkspaceSettings;
  settingsState(installationId: number): Promise<SettingsState>;
  /** Undefined where this process only listens: then others call Clockify. */
  usage: RateLimiter["usage"] | undefined;
  health: Pick<HealthDeps, "requireSignature" | "redis" | "version">;
  secondsSinceRetention(): Promise<number | undefined>;
  /** Time without events after which a workspace is quiet. */
  quietMs: number;
  clock: Clock;
}

const MAX_HOURS = 168;

const milliseconds = z.int().nullable();
const next = z.object({
  label: z.string(),
  page: z.enum(["events", "flows", "runs", "settings", "dashboard"]),
  query: z.record(z.string(), z.string()).optional(),
}).meta({ id: "NextStep", description: "The page of the console that helps" });

const alarm = z.object({
  code: z.string(),
  severity: z.enum(["bad", "warn", "info"]),
  title: z.string(),
  detail: z.string(),
  next: orNull(next),
}).meta({ id: "Alarm" });

const failureGroup = z.object({
  flow_id: id.nullable().meta({ description: "null: a flow that Timewire keeps by itself" }),
  flow_name: z.string(),
  error_code: z.string(),
  message: z.string().nullable().meta({ description: "Of the newest" }),
  count: z.int(),
  last_at: instant,
  run_id: z.string().meta({ description: "The newest run of the group" }),
}).meta({ id: "FailureGroup", description: "Failed runs of one flow with one cause" });

const overview = z.object({
  period: z.object({ hours: z.int(), from: instant, to: instant }),
  events: z.object({
    total: z.int(),
    previous_total: z.int().meta({ description: "Of the period before, as far as this one has gone" }),
    duplicates: z.int(),
    by_hour: z.array(z.object({ hour: instant, stored: z.int(), duplicates: z.int() })),
    by_type: z.array(z.object({ event_type: z.string(), count: z.int() })),
  }),
  runs: z.object({
    total: z.int(),
    completed: z.int(),
    failed: z.int(),
    active: z.int(),
    by_hour: z.array(z.object({ hour: instant, completed: z.int(), failed: z.int(), other: z.int() })),
    counted_since: instant.nullable()
      .meta({ description: "Set where the period has more runs than are counted: the numbers are of those since" }),
  }),
  latency: z.object({
    sample: z.int().meta({ description: "Finished runs looked at, the newest" }),
    p50_ms: milliseconds.meta({ description: "Median, event received to run finished" }),
    p95_ms: milliseconds.meta({ description: "95th percentile, event received to run finished" }),
    queue_p95_ms: milliseconds.meta({ description: "95th percentile, event received to run started" }),
    action_p95_ms: milliseconds.meta({ description: "95th percentile, run started to finished" }),
    by_hour: z.array(z.object({ hour: instant, p95_ms: z.int() }))
      .meta({ description: "As p95_ms, of the hours that have runs among those looked at" }),
  }),
  storage: z.object({ bytes: z.int(), limit_bytes: z.int().nullable().meta({ description: "null: no quota" }) }),
  receiving: z.object({
    state: z.enum(["receiving", "quiet", "never"]),
    since: instant.nullable(),
    last_event_at: instant.nullable(),
  }),
  budget: z.object({
    limit_per_second: z.number().nullable(),
    used_last_second: z.number().nullable(),
    waiting: z.int().nullable(),
    limit_per_hour: z.number().nullable(),
    used_last_hour: z.number().nullable(),
    paused_until: instant.nullable(),
    by_minute: z.array(z.object({ minute: instant, calls: z.int() }))
      .meta({
        description: "Calls of the last hour, of the minutes that have some; empty where none are counted here",
      }),
  }).meta({ description: "Calls to Clockify; null where none is known, or this process makes none" }),
  bootstrap: z.object({ status: readStatus, progress: z.int(), total: z.int(), label: z.string() }),
  coverage: coverageSummary,
  install: z.object({
    status: z.enum(["active", "inactive", "uninstalled"]),
    installed_at: instant,
    version: z.string(),
  }),
  failures: z.array(failureGroup),
  alarms: z.array(alarm),
}).meta({ id: "Overview" });

const getOverview = defineRoute({
  method: "get",
  path: "/ui/overview",
  tag: "Workspace",
  summary: "What came in and ran lately, and what needs a person",
  who: "member",
  costly: true,
  query: z.object({ hours: wholeNumber("Whole clock hours up to now", { fallback: 24, min: 1, max: MAX_HOURS }) }),
  answer: {
    status: 200,
    about: "The numbers of the period, the state of the workspace, and its alarms",
    schema: overview,
    example: {
      period: { hours: 1, from: "2026-11-21T08:00:00.000Z", to: "2026-11-21T08:30:00.000Z" },
      events: {
        total: 14,
        previous_total: 12,
        duplicates: 1,
        by_hour: [{ hour: "2026-11-21T08:00:00.000Z", stored: 14, duplicates: 1 }],
        by_type: [{ event_type: "NEW_TIME_ENTRY", count: 14 }],
      },
      runs: {
        total: 9,
        completed: 8,
        failed: 1,
        active: 0,
        by_hour: [{ hour: "2026-11-21T08:00:00.000Z", completed: 8, failed: 1, other: 0 }],
        counted_since: null,
      },
      latency: {
        sample: 9,
        p50_ms: 180,
        p95_ms: 420,
        queue_p95_ms: 40,
        action_p95_ms: 390,
        by_hour: [{ hour: "2026-11-21T08:00:00.000Z", p95_ms: 420 }],
      },
      storage: { bytes: 1_204_224, limit_bytes: null },
      receiving: { state: "receiving", since: null, last_event_at: "2026-11-21T08:28:00.000Z" },
      budget: {
        limit_per_second: 50,
        used_last_second: 0,
        waiting: 0,
        limit_per_hour: null,
        used_last_hour: 9,
        paused_until: null,
        by_minute: [{ minute: "2026-11-21T08:12:00.000Z", calls: 9 }],
      },
      bootstrap: { status: "COMPLETE", progress: 12, total: 12, label: "Complete" },
      coverage: SUMMARY_EXAMPLE,
      install: { status: "active", installed_at: "2026-11-01T09:00:00.000Z", version: "0.1.0" },
      failures: [{
        flow_id: "17",
        flow_name: "Tag new entries",
        error_code: "UPSTREAM_REJECTED",
        message: "Clockify answered 400",
        count: 1,
        last_at: "2026-11-21T08:12:00.000Z",
        run_id: "0192f0c1-2345-7abc-8def-0123456789ab",
      }],
      alarms: [{
        code: "RUNS_FAILED",
        severity: "warn",
        title: "1 run failed",
        detail: "In the last hour",
        next: { label: "Look at failed runs", page: "runs", query: { state: "failed" } },
      }],
    },
  },
});
export const overviewRoutes = [getOverview];

export function mountOverview(app: Hono<AppEnv>, deps: OverviewRoutesDeps) {
  const { profile, defaults, health, quietMs, clock } = deps;
  mount(app, deps, getOverview, async ({ login, query: { hours } }) => {
    const { installation, role } = login;
    const [numbers, read, coverage, settings, secondsSinceRetention, budget] = await Promise.all([
      deps.costly.run(readerOf(login), () => deps.overview.numbers(installation.id, hours)),
      deps.workspaceRead(installation.id),
      deps.coverage.view(installation),
      deps.settingsState(installation.id),
      deps.secondsSinceRetention(),
      deps.usage?.(budgetKeyOf(installation)),
    ]);
    const nowMs = clock.now();
    const { lastEventAt } = numbers.events;
    const receiving = receivingState({ lastEventAt, installedAt: installation.installedAt, nowMs, quietMs });
    const alarms = alarmsOf({
      status: installation.status,
      installedForMs: nowMs - installation.installedAt.getTime(),
      receiving,
      hours,
      failedRuns: numbers.runs.failed,
      deadEvents: numbers.deadEvents,
      enabledFlows: numbers.enabledFlows,
      coverage: coverage.rows,
      bootstrap: read,
      doubtedLists: numbers.doubtedLists,
      storage: numbers.storage,
      settings: settingsFacts({ profile, defaults, settings }),
      signatureChecked: health.requireSignature,
      redis: health.redis(),
      secondsSinceRetention,
    });
    return {
      ...numbersJson(numbers),
      storage: { bytes: numbers.storage.bytes, limit_bytes: numbers.storage.limitBytes ?? null },
      receiving: receivingJson(receiving),
      budget: budgetJson(budget),
      ...standingJson({ installation, read, coverage, version: health.version }),
      failures: numbers.failures.map((failure) => failureJson(failure, role)),
      alarms,
    };
  });
}

function settingsFacts(
  { profile, defaults, settings: { stored, error } }: {
    profile: Profile;
    defaults: WorkspaceSettings;
    settings: SettingsState;
  },
): AlarmFacts["settings"] {
  const { values, settings } = effectiveSettings({ profile, defaults, stored });
  const declared = new Map(profile.settingsTabs.flatMap((tab) => tab.settings).map(({ id, name }) => [id, name]));
  const refused = settings.filter((one): one is EffectiveSetting & { problem: string } => one.problem !== undefined);
  return {
    flows: values.flows,
    forwards: values.forwardingUrl !== undefined,
    problems: refused.map(({ id, problem }) => ({ name: declared.get(id)!, problem })),
    error,
  };
}

function numbersJson({ period, events, runs, latency }: OverviewNumbers) {
  return {
    period: { hours: period.hours, from: period.from.toISOString(), to: period.to.toISOString() },
    events: {
      total: events.total,
      previous_total: events.previousTotal,
      duplicates: events.duplicates,
      by_hour: events.byHour.map(({ hour, stored, duplicates }) => ({ hour: hour.toISOString(), stored, duplicates })),
      by_type: events.byType.map(({ eventType, count }) => ({ event_type: eventType, count })),
    },
    runs: {
      total: runs.total,
      completed: runs.completed,
      failed: runs.failed,
      active: runs.active,
      by_hour: runs.byHour.map(({ hour, ...counts }) => ({ hour: hour.toISOString(), ...counts })),
      counted_since: runs.countedSince?.toISOString() ?? null,
    },
    latency: {
      sample: latency.sample,
      p50_ms: latency.p50Ms,
      p95_ms: latency.p95Ms,
      queue_p95_ms: latency.queueP95Ms,
      action_p95_ms: latency.actionP95Ms,
      by_hour: latency.byHour.map(({ hour, p95Ms }) => ({ hour: hour.toISOString(), p95_ms: p95Ms })),
    },
  };
}

function receivingJson({ state, since, lastEventAt }: Receiving) {
  return { state, since: since?.toISOString() ?? null, last_event_at: lastEventAt?.toISOString() ?? null };
}

function budgetJson(used: RateUsage | undefined) {
  return {
    limit_per_second: used?.limitPerSecond ?? null,
    used_last_second: used?.usedLastSecond ?? null,
    waiting: used?.waiting ?? null,
    limit_per_hour: used?.limitPerHour ?? null,
    used_last_hour: used?.usedLastHour ?? null,
    paused_until: used?.pausedUntilMs === undefined ? null : new Date(used.pausedUntilMs).toISOString(),
    by_minute: (used?.callsByMinute ?? []).map(([minute, calls]) => ({
      minute: new Date(minute * 60_000).toISOString(),
      calls,
    })),
  };
}

function standingJson(
  { installation, read, coverage, version }: {
    installation: Installation;
    read: ReadView;
    coverage: CoverageView;
    version: string;
  },
) {
  return {
    bootstrap: { status: read.status, progress: read.progress, total: read.total, label: statusLabel(read) },
    coverage: summaryOf(coverage.rows),
    install: { status: installation.status, installed_at: installation.installedAt.toISOString(), version },
  };
}

/** What a partner said of a failure may quote what members do not see: as in the rows of runs. */
function failureJson({ flowId, flowName, errorCode, message, count, lastAt, runId }: Failure, role: Login["role"]) {
  return {
    flow_id: flowId === null ? null : String(flowId),
    flow_name: flowName,
    error_code: errorCode,
    message: role === "admin" ? message : redactPayload(message) as typeof message,
    count,
    last_at: lastAt.toISOString(),
    run_id: runId,
  };
}
