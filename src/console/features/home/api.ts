/** How a workspace stands over a period: what came in, what ran, what failed, what needs attention. */

import type { Api } from "../../shell/client.ts";
import type { Answer, Wire } from "../../wire.ts";

export type Alarm = Wire<"Alarm">;

export interface FailureGroup {
  flowId: string | null;
  flowName: string;
  errorCode: string;
  message: string | null;
  count: number;
  lastAt: Date;
  /** The newest run of the group. */
  runId: string;
}

export interface Overview {
  period: { hours: number; from: Date; to: Date };
  receiving: { state: Wire<"Overview">["receiving"]["state"]; since: Date | null; lastEventAt: Date | null };
  events: {
    total: number;
    previousTotal: number;
    duplicates: number;
    byHour: { hour: Date; stored: number; duplicates: number }[];
    byType: { eventType: string; count: number }[];
  };
  runs: {
    total: number;
    completed: number;
    failed: number;
    active: number;
    byHour: { hour: Date; completed: number; failed: number; other: number }[];
    /** The numbers are of the runs since then; null: of the whole period. */
    countedSince: Date | null;
  };
  /** Of the newest runs. Event received to run finished; received to started (queue); started to finished (action). */
  latency: {
    sample: number;
    p50Ms: number | null;
    p95Ms: number | null;
    queueP95Ms: number | null;
    actionP95Ms: number | null;
    /** Of the hours that have runs among the sample. */
    byHour: { hour: Date; p95Ms: number }[];
  };
  budget: {
    limitPerSecond: number | null;
    usedLastSecond: number | null;
    waiting: number | null;
    /** Null where none is known. */
    limitPerHour: number | null;
    usedLastHour: number | null;
    /** No call to Clockify is made before this instant. */
    pausedUntil: Date | null;
    /** Calls of the last hour, of the minutes that have some. */
    byMinute: { minute: Date; calls: number }[];
  };
  bootstrap: Wire<"Overview">["bootstrap"];
  coverage: {
    total: number;
    covered: number;
    manifest: number;
    userWebhook: number;
    polling: number;
    none: number;
    alarms: number;
  };
  install: { status: string; installedAt: Date; version: string };
  failures: FailureGroup[];
  alarms: Alarm[];
}

/** Of the last `hours` hours, 1 to 168. */
export async function getOverview(api: Api, hours: number, signal?: AbortSignal): Promise<Overview> {
  const wire = await api.get<Answer<"get_ui_overview">>("/overview", { hours }, signal);
  const { events, runs, latency, budget, coverage } = wire;
  return {
    period: { hours: wire.period.hours, from: new Date(wire.period.from), to: new Date(wire.period.to) },
    receiving: {
      state: wire.receiving.state,
      since: dateOf(wire.receiving.since),
      lastEventAt: dateOf(wire.receiving.last_event_at),
    },
    events: {
      total: events.total,
      previousTotal: events.previous_total,
      duplicates: events.duplicates,
      byHour: events.by_hour.map((row) => ({ ...row, hour: new Date(row.hour) })),
      byType: events.by_type.map(({ event_type, count }) => ({ eventType: event_type, count })),
    },
    runs: {
      total: runs.total,
      completed: runs.completed,
      failed: runs.failed,
      active: runs.active,
      byHour: runs.by_hour.map((row) => ({ ...row, hour: new Date(row.hour) })),
      countedSince: dateOf(runs.counted_since),
    },
    latency: {
      sample: latency.sample,
      p50Ms: latency.p50_ms,
      p95Ms: latency.p95_ms,
      queueP95Ms: latency.queue_p95_ms,
      actionP95Ms: latency.action_p95_ms,
      byHour: latency.by_hour.map(({ hour, p95_ms }) => ({ hour: new Date(hour), p95Ms: p95_ms })),
    },
    budget: {
      limitPerSecond: budget.limit_per_second,
      usedLastSecond: budget.used_last_second,
      waiting: budget.waiting,
      limitPerHour: budget.limit_per_hour,
      usedLastHour: budget.used_last_hour,
      pausedUntil: dateOf(budget.paused_until),
      byMinute: budget.by_minute.map(({ minute, calls }) => ({ minute: new Date(minute), calls })),
    },
    bootstrap: wire.bootstrap,
    coverage: {
      total: coverage.total,
      covered: coverage.covered,
      manifest: coverage.manifest,
      userWebhook: coverage.user_webhook,
      polling: coverage.polling,
      none: coverage.none,
      alarms: coverage.alarms,
    },
    install: {
      status: wire.install.status,
      installedAt: new Date(wire.install.installed_at),
      version: wire.install.version,
    },
    failures: wire.failures.map((one) => ({
      flowId: one.flow_id,
      flowName: one.flow_name,
      errorCode: one.error_code,
      message: one.message,
      count: one.count,
      lastAt: new Date(one.last_at),
      runId: one.run_id,
    })),
    alarms: wire.alarms,
  };
}

function dateOf(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
