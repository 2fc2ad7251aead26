/** GET /ui/overview: what came in and ran lately, how the workspace is covered, and what needs a person. */

import type { Hono } from "hono";
import type { ReadView } from "../../entities/bootstrap/view.ts";
import type { RateLimiter, RateUsage } from "../../clockify/rate_limit.ts";
import type { Clock } from "../../base/clock.ts";
import type { CoverageRoom, CoverageView } from "../../coverage/coverage.ts";
import { redactPayload } from "../../events/payload.ts";
import { type SettingInForce, settingsInForce } from "../../installations/settings.ts";
import type { SettingsState } from "../../installations/settings_read.ts";
import type { Installation } from "../../installations/store.ts";
import { type AlarmFacts, alarmsOf } from "../../overview/alarms.ts";
import type { OverviewNumbers, OverviewStore } from "../../overview/overview.ts";
import { type Receiving, receivingState } from "../../overview/receiving.ts";
import type { Failure } from "../../overview/runs.ts";
import type { Profile, WorkspaceSettings } from "../../profiles/profile.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, type Login, readerOf, requireLogin } from "../server/login.ts";
import { statusLabel } from "./bootstrap.ts";
import { summaryOf } from "./coverage.ts";
import type { HealthDeps } from "../server/health.ts";
import { queryNumber } from "../server/query.ts";

export interface OverviewRoutesDeps extends AuthDeps {
  overview: OverviewStore;
  workspaceRead(installationId: number): Promise<ReadView>;
  coverage: Pick<CoverageRoom, "view">;
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

export function mountOverview(app: Hono<AppEnv>, deps: OverviewRoutesDeps) {
  const { profile, defaults, health, quietMs, clock } = deps;
  app.get("/ui/overview", async (c) => {
    const login = await requireLogin(c, deps);
    const { installation, role } = login;
    const hours = queryNumber(c, "hours", { fallback: 24, min: 1, max: MAX_HOURS });
    const [numbers, read, coverage, settings, secondsSinceRetention, budget] = await Promise.all([
      deps.costly.run(readerOf(login), () => deps.overview.numbers(installation.id, hours)),
      deps.workspaceRead(installation.id),
      deps.coverage.view(installation),
      deps.settingsState(installation.id),
      deps.secondsSinceRetention(),
      // The key is that of clockify/client.ts.
      deps.usage?.(`${installation.addon}:${installation.workspaceId}`),
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
    return c.json({
      ...numbersJson(numbers),
      storage: { bytes: numbers.storage.bytes, limit_bytes: numbers.storage.limitBytes ?? null },
      receiving: receivingJson(receiving),
      budget: budgetJson(budget),
      ...standingJson({ installation, read, coverage, version: health.version }),
      failures: numbers.failures.map((failure) => failureJson(failure, role)),
      alarms,
    });
  });
}

function settingsFacts(
  { profile, defaults, settings: { stored, error } }: {
    profile: Profile;
    defaults: WorkspaceSettings;
    settings: SettingsState;
  },
): AlarmFacts["settings"] {
  const { values, settings } = settingsInForce({ profile, defaults, stored });
  const declared = new Map(profile.settingsTabs.flatMap((tab) => tab.settings).map(({ id, name }) => [id, name]));
  const refused = settings.filter((one): one is SettingInForce & { problem: string } => one.problem !== undefined);
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
    message: role === "admin" ? message : redactPayload(message),
    count,
    last_at: lastAt.toISOString(),
    run_id: runId,
  };
}
