/** What the modules report, as log lines and metrics: the one place that knows both. */

import type { AuditRecorder } from "../audit/record.ts";
import type { BreakersOptions } from "../breakers/breakers.ts";
import type { Cause } from "../breakers/store.ts";
import type { ChangeRecorderOptions } from "../changes/recorder.ts";
import type { UndoOutcome } from "../changes/undo_jobs.ts";
import type { ReconcileObserver } from "../reconcile/reconcile.ts";
import type { BootstrapObserver } from "../entities/bootstrap/bootstrap.ts";
import type { Clock } from "../base/clock.ts";
import { OUTCOME_OF } from "../calls/call_row.ts";
import type { CallRecorder } from "../calls/recorder.ts";
import type { SentCall } from "../clockify/client.ts";
import { builtinCatalogue } from "../clockify/operations.ts";
import type { EngineObserver } from "../engine/observer.ts";
import type { ErrorCode } from "../base/errors.ts";
import type { DispatchOptions } from "../flows/triggers/dispatch.ts";
import type { EventWaitsOptions } from "../flows/triggers/event_waits.ts";
import type { CustomReceivedFact } from "../http/inbound/custom_webhooks.ts";
import { lifecycleOf } from "../http/inbound/lifecycle.ts";
import type { ReceivedFact } from "../http/inbound/webhooks.ts";
import type { RequestFact } from "../http/server/listener.ts";
import type { QuotaFact } from "../ingest/quota.ts";
import { createMemoryBudget } from "../limits/limits.ts";
import type { PollObserver } from "../entities/poll/round.ts";
import type { Profile, ProfileKey } from "../profiles/profile.ts";
import { profileOf } from "../profiles/profiles.ts";
import { workflowApi } from "../profiles/workflow_api.ts";
import type { Logger, LogLevel } from "../telemetry/log.ts";
import type { MetricName, Metrics } from "../telemetry/metrics.ts";
import type { ServiceOf } from "./service_of.ts";
import type { LifecycleCall } from "../verify/lifecycle.ts";

/** The log level that an installation chose, at once; undefined: LOG_LEVEL (installations/settings.ts). */
export type LevelOf = (installationId: number) => LogLevel | undefined;

interface Outputs {
  log: Logger;
  metrics: Metrics;
  levelOf: LevelOf;
  serviceOf: ServiceOf;
}

export function engineObserver({ log: root, metrics, levelOf, serviceOf }: Outputs): EngineObserver {
  const log = root.child({ logger: "engine" });
  return {
    stepAttempted: (fact) => {
      const { run, jobId, path, action, operation, attempt, outcome, durationMs, httpStatus, errorCode, retryInMs } =
        fact;
      serviceOf(run.installationId, (service) => {
        metrics.add("flows_actions_executed", [service, action, outcome]);
        metrics.observe("step_duration_seconds", [service, action], durationMs / 1000);
        if (outcome === "failed") metrics.add("flows_actions_errors", [service, action]);
        if (attempt > 1) metrics.add("flows_actions_retried_total", [service, action]);
      });
      const level = outcome === "succeeded" ? "debug" : "info";
      const own = log.at(levelOf(run.installationId));
      if (level === "debug" && !own.enabled("DEBUG")) return;
      own[level]("step.attempted", {
        workspace_id: run.workspaceId,
        event_id: run.eventId,
        event_type: run.delivery?.type,
        flow_id: run.flowId,
        run_id: run.id,
        job_id: jobId,
        step: path,
        action,
        operation_id: operation,
        attempt,
        outcome,
        http_status: httpStatus,
        code: errorCode,
        retry_in_ms: retryInMs,
        duration_ms: durationMs,
      });
    },
    approvalExpired: ({ run }) =>
      serviceOf(run.installationId, (service) => metrics.add("approvals_decided_total", [service, "expired"])),
    runFinished: ({ run, jobId, state, durationMs, errorCode }) => {
      if (state === "failed") metrics.add("dead_letters_total", ["run"]);
      serviceOf(run.installationId, (service) => {
        metrics.add("flows_executed_total", [service]);
        if (state === "completed") metrics.add("flows_executed_completed", [service]);
        if (state === "failed") metrics.add("flows_executed_failed", [service]);
        metrics.observe("flow_run_duration_seconds", [service, state], durationMs / 1000);
        if (service !== workflowApi.service) return;
        metrics.add("workflow_executions_total", [service, state]);
        metrics.observe("workflow_execution_duration_seconds", [service, state], durationMs / 1000);
        if (state === "failed") metrics.add("workflow_execution_failures_total", [service, errorCode ?? "other"]);
      });
      const level = state === "failed" ? "warn" : "debug";
      const own = log.at(levelOf(run.installationId));
      if (level === "debug" && !own.enabled("DEBUG")) return;
      own[level]("run.finished", {
        workspace_id: run.workspaceId,
        event_id: run.eventId,
        flow_id: run.flowId,
        run_id: run.id,
        job_id: jobId,
        state,
        code: errorCode,
        duration_ms: durationMs,
      });
    },
  };
}

/** What the recorder of changes reports: each is counted, and one whose answer was not stored is logged. */
export function changeObserver(
  { log, metrics, serviceOf }: Outputs,
): Required<Pick<ChangeRecorderOptions, "onRecorded" | "onFault">> {
  const own = log.child({ logger: "changes" });
  return {
    onRecorded: ({ installationId, state }) =>
      serviceOf(installationId, (service) => metrics.add("changes_total", [service, state])),
    onFault: (error, { installationId, changeIds }) =>
      own.error("change.not_ended", { installation_id: installationId, change_ids: changeIds, error }),
  };
}

/** Changes whose answer was never stored, when they are found. */
export function forgottenChangesObserver({ log, metrics, serviceOf }: Outputs) {
  const own = log.child({ logger: "changes" });
  return (found: readonly { installationId: number; changes: number }[]) => {
    for (const { installationId, changes } of found) {
      serviceOf(installationId, (service) => metrics.add("changes_total", [service, "uncertain"], changes));
      own.warn("changes.uncertain", { installation_id: installationId, changes });
    }
  };
}

/** What is reported of events that end waits: their number, and a wait whose condition could not be evaluated, since it goes on. */
export function waitsObserver({ log: root, metrics, levelOf, serviceOf }: Outputs): EventWaitsOptions["onLooked"] {
  const log = root.child({ logger: "flows" });
  return ({ installationId, workspaceId, eventId, ended, leftOut }) => {
    if (ended > 0) serviceOf(installationId, (service) => metrics.add("waits_ended_by_events_total", [service], ended));
    const [first] = leftOut;
    if (!first) return;
    log.at(levelOf(installationId)).warn("wait.left_out", {
      workspace_id: workspaceId,
      event_id: eventId,
      run_id: first.runId,
      step: first.path,
      waits: leftOut.length,
      reason: first.problem,
    });
  };
}

/** What undos report: each is counted. */
export function undoObserver({ metrics, serviceOf }: Outputs) {
  return ({ installationId, outcome }: { installationId: number; outcome: UndoOutcome }) =>
    serviceOf(installationId, (service) => metrics.add("undos_total", [service, outcome]));
}

/** What circuit breakers report: each change by this process is a line and counted. */
export function breakerObserver(
  { log: root, metrics, serviceOf }: Outputs,
): Pick<BreakersOptions, "onChange" | "onFault"> {
  const log = root.child({ logger: "limits" });
  return {
    onChange: ({ installationId, host, state, cause }) => {
      serviceOf(installationId, (service) => metrics.add("breaker_changes_total", [service, state]));
      const fact = { installation_id: installationId, host, error_code: cause?.code, http_status: cause?.httpStatus };
      if (state === "open") log.warn("breaker.open", { ...fact, reason: cause && openedBy(cause) });
      else log.info(`breaker.${state}`, fact);
    },
    onFault: (error, { installationId, host }) =>
      log.warn("breaker.not_recorded", { installation_id: installationId, host, error }),
  };
}

function openedBy({ failures, code, httpStatus }: Cause): string {
  const calls = failures === 1 ? "1 call" : `${failures} calls`;
  return `${calls} failed, the last with ${code}${httpStatus === undefined ? "" : ` (HTTP ${httpStatus})`}`;
}

/** What bulk jobs report: each run and event that they send again or skip is counted. */
export function bulkObserver({ metrics, serviceOf }: Outputs) {
  return ({ installationId, sent, skipped }: { installationId: number; sent: number; skipped: number }) =>
    serviceOf(installationId, (service) => {
      if (sent > 0) metrics.add("bulk_sent_total", [service, "sent"], sent);
      if (skipped > 0) metrics.add("bulk_sent_total", [service, "skipped"], skipped);
    });
}

/** What dispatch reports of installations that make too many runs: each event is counted, one a minute is logged. */
export function throttleObserver({ log: root, metrics, levelOf, serviceOf }: Outputs, clock: Clock) {
  const log = root.child({ logger: "flows" });
  const lines = createMemoryBudget({ ratePerSecond: 1 / 60, burst: 1 }, clock);
  return (fact: { installationId: number; workspaceId: string; eventId: number; delayMs: number }) => {
    serviceOf(fact.installationId, (service) => metrics.add("runs_throttled_total", [service]));
    if (lines.take(String(fact.installationId)) > 0) return;
    log.at(levelOf(fact.installationId)).warn("runs.throttled", {
      workspace_id: fact.workspaceId,
      installation_id: fact.installationId,
      event_id: fact.eventId,
      delay_ms: fact.delayMs,
    });
  };
}

/** What the quota of stored bytes reports: once as it is nearly reached, and once as it is. */
export function quotaObserver(
  { log, metrics, serviceOf, record }: Pick<Outputs, "log" | "metrics" | "serviceOf"> & {
    record: AuditRecorder["record"];
  },
) {
  const own = log.child({ logger: "ingest" });
  return ({ installationId, workspaceId, state, bytes, limitBytes }: QuotaFact) => {
    serviceOf(installationId, (service) => metrics.add("quota_reached_total", [service, state]));
    own.warn(`quota.${state}`, {
      workspace_id: workspaceId,
      installation_id: installationId,
      stored_bytes: bytes,
      limit_bytes: limitBytes,
    });
    void record({
      installationId,
      workspaceId,
      actorKind: "system",
      actor: "quota",
      action: state === "full" ? "STORAGE_FULL" : "STORAGE_NEARLY_FULL",
      outcome: "done",
      details: { stored_bytes: bytes, limit_bytes: limitBytes },
    });
  };
}

/** What dispatch reports of flows that were left out of an event: each is counted, one a minute of an installation logged. */
export function leftOutObserver(
  { log: root, metrics, levelOf, serviceOf }: Outputs,
  clock: Clock,
): Required<DispatchOptions>["onLeftOut"] {
  const log = root.child({ logger: "flows" });
  const lines = createMemoryBudget({ ratePerSecond: 1 / 60, burst: 1 }, clock);
  return ({ installationId, workspaceId, eventId, flow }) => {
    serviceOf(installationId, (service) => metrics.add(`flows_${flow.why}_total`, [service]));
    if (lines.take(String(installationId)) > 0) return;
    log.at(levelOf(installationId)).warn(`flow.${flow.why}`, {
      workspace_id: workspaceId,
      installation_id: installationId,
      event_id: eventId,
      flow_id: flow.id,
      version: flow.version,
      problem: flow.problem,
    });
  };
}

/** Paths of one flow that one line names. */
const MAX_PATHS = 20;

/** A flow whose rules may say something else than their author meant, when it is first asked; no values. */
export function doubtObserver({ log: root, levelOf }: Outputs): Required<DispatchOptions>["onDoubtful"] {
  const log = root.child({ logger: "flows" });
  return ({ installationId, flow, doubts }) =>
    log.at(levelOf(installationId)).warn("flow.doubtful", {
      installation_id: installationId,
      flow_id: flow.id,
      version: flow.version,
      paths: doubts.slice(0, MAX_PATHS).map(({ path }) => path),
    });
}

/** What the reading of workspaces and the polling of their lists report. */
export function readingObserver({ log: root, metrics, levelOf, serviceOf }: Outputs): BootstrapObserver & PollObserver {
  const log = root.child({ logger: "entities" });
  return {
    truncated: ({ workspaceId, operationId, maxPages }) =>
      log.warn("bootstrap.truncated", { workspace_id: workspaceId, operation_id: operationId, max_pages: maxPages }),
    finished: ({ installationId, workspaceId, outcome, lists, faulty, entities, durationMs, lastError }) => {
      serviceOf(installationId, (service) => {
        metrics.add("clockify_bootstrap_jobs_total", [service, outcome]);
        metrics.add("bootstrap_errors", [service], faulty);
        metrics.add(outcome === "failed" ? "clockify_bootstrap_jobs_failed_total" : "bootstrap_completed", [service]);
      });
      log.at(levelOf(installationId))[outcome === "complete" ? "info" : "warn"]("bootstrap.finished", {
        workspace_id: workspaceId,
        installation_id: installationId,
        outcome,
        lists,
        faulty,
        entities,
        last_error: lastError,
        duration_ms: durationMs,
      });
    },
    polled: ({ installationId, workspaceId, family, entities, events, error }) => {
      serviceOf(installationId, (service) => {
        for (const event of events) metrics.add("polled_events_total", [service, event]);
      });
      const level = error !== undefined ? "warn" : events.length > 0 ? "info" : "debug";
      log.at(levelOf(installationId))[level]("poll.finished", {
        workspace_id: workspaceId,
        installation_id: installationId,
        family,
        entities,
        events: events.length,
        error,
      });
    },
    failed: (installationId, error) => log.error("poll.failed", { installation_id: installationId, error }),
  };
}

/** What the search for missed events reports. */
export function reconcileObserver({ log: root, metrics, levelOf, serviceOf }: Outputs): ReconcileObserver {
  const log = root.child({ logger: "coverage" });
  return {
    reconciled: ({ installationId, workspaceId, source, name, expected, seen, found, error }) => {
      serviceOf(installationId, (service) => {
        metrics.add("webhook_events_expected_total", [service, source], expected);
        metrics.add("webhook_events_seen_total", [service, source], seen);
        metrics.add("webhook_events_reconciled_total", [service, source], found);
        if (error !== undefined) metrics.add("reconcile_errors_total", [service, source]);
      });
      log.at(levelOf(installationId))[error !== undefined || found > 0 ? "warn" : "debug"]("reconcile.finished", {
        workspace_id: workspaceId,
        installation_id: installationId,
        source,
        name,
        expected,
        seen,
        found,
        error,
      });
    },
  };
}

/** Families of operations: a closed list, whatever CLOCKIFY_OPENAPI_FILE names. */
const FAMILIES = new Set(builtinCatalogue().list().map(({ tag }) => tag));

/** What the client of Clockify reports of each call that it sent: metrics, and the record of the add-on's database. */
export function callObserver(
  metrics: Metrics,
  recorderOf: (addonKey: string) => Pick<CallRecorder, "record"> | undefined,
): (call: SentCall) => void {
  return (call) => {
    const { addonKey, operation, outcome, attempt, durationMs, family, origin } = call;
    recorderOf(addonKey)?.record(call);
    const { service } = profileOf(addonKey as ProfileKey);
    metrics.add("api_calls_total", [service, OUTCOME_OF[outcome]]);
    metrics.add("clockify_api_calls_by_origin_total", [service, origin.kind]);
    metrics.add("clockify_api_calls_total", [service, operation]);
    if (outcome !== "ok") metrics.add("clockify_api_calls_failed_total", [service, operation]);
    if (attempt > 1) {
      metrics.add("clockify_api_retries_total", [service]);
      metrics.add("clockify_api_family_retries_total", [service, FAMILIES.has(family) ? family : "other"]);
    }
    metrics.observe("clockify_api_latency_seconds", [service], durationMs / 1000);
  };
}

const LIFECYCLE_METRIC: Record<LifecycleCall["type"], MetricName> = {
  INSTALLED: "lifecycle_installed_total",
  DELETED: "lifecycle_uninstalled_total",
  SETTINGS_UPDATED: "lifecycle_settings_updated_total",
  STATUS_CHANGED: "lifecycle_status_changed_total",
};

export type ListenerObserver = ReturnType<typeof listenerObserver>;

/** What one listener reports. */
export function listenerObserver(
  { service }: Pick<Profile, "service">,
  { log, metrics, levelOf, apiPrefix }: Pick<Outputs, "log" | "metrics" | "levelOf"> & {
    /** Of the Workflow Management API, where it is served: below it a latency has the whole pattern of its route. */
    apiPrefix?: string;
  },
) {
  const ingest = log.child({ logger: "ingest" });
  const lifecycle = log.child({ logger: "lifecycle" });
  const http = log.child({ logger: "http" });
  let latencyMs = 0;
  metrics.beforeScrape(() =>
    Promise.resolve(metrics.set("api_request_latency_seconds_total", [service], latencyMs / 1000))
  );
  return {
    onStart: () => metrics.add("api_requests_in_progress", [service]),
    /** `endpoint`: the pattern of its route (http/server/endpoints.ts). */
    onEnd: ({ method, path, status, durationMs, code, reason }: RequestFact, endpoint: string) => {
      latencyMs += durationMs;
      metrics.add("api_requests_in_progress", [service], -1);
      metrics.add("api_requests_total", [service, METHODS.has(method) ? method : "other", String(status), endpoint]);
      const isOfApi = apiPrefix !== undefined && endpoint.startsWith(apiPrefix);
      metrics.observe(
        "api_request_duration_seconds",
        [service, isOfApi ? endpoint : routeOf(path)],
        durationMs / 1000,
      );
      if (code !== undefined && path.startsWith("/webhooks/")) {
        // Both come from closed lists: the error codes, and the verifier's reasons.
        metrics.add("webhooks_errors_total", [service, reason ?? code.toLowerCase()]);
      }
      const event = code === undefined ? undefined : lifecycleOf(path);
      if (event !== undefined) metrics.add("clockify_lifecycle_events_failed_total", [service, event]);
    },
    onReceived: ({ eventType, outcome, installationId, workspaceId, requestId, eventId }: ReceivedFact) => {
      metrics.add("webhooks_received_total", [service, eventType, outcome]);
      const own = ingest.at(levelOf(installationId));
      if (own.enabled("DEBUG")) {
        own.debug("event.received", {
          service,
          request_id: requestId,
          workspace_id: workspaceId,
          installation_id: installationId,
          event_id: eventId,
          event_type: eventType,
          outcome,
        });
      }
    },
    onCustomReceived: ({ source, outcome, installationId, workspaceId, requestId, eventId }: CustomReceivedFact) => {
      metrics.add("custom_webhooks_received_total", [service, outcome]);
      const own = ingest.at(levelOf(installationId));
      if (own.enabled("DEBUG")) {
        own.debug("custom_event.received", {
          service,
          request_id: requestId,
          workspace_id: workspaceId,
          installation_id: installationId,
          event_id: eventId,
          source,
          outcome,
        });
      }
    },
    onUnlisted: (fact: { category: string; eventType: string; workspaceId: string; requestId: string }) => {
      ingest.warn("event.unlisted", {
        service,
        request_id: fact.requestId,
        workspace_id: fact.workspaceId,
        event_type: fact.eventType,
        category: fact.category,
      });
    },
    onHmacFallback: () => metrics.add("clockify_hmac_fallback_total", [service]),
    onLifecycle: (
      call: LifecycleCall,
      { installationId, warnings }: { installationId: number; warnings: readonly string[] },
    ) => {
      metrics.add(LIFECYCLE_METRIC[call.type], [service]);
      metrics.add("clockify_lifecycle_events_total", [service, call.type]);
      lifecycle.at(levelOf(installationId)).info("lifecycle.applied", {
        type: call.type,
        service,
        workspace_id: call.workspaceId,
        installation_id: installationId,
        ...(call.type === "INSTALLED" && call.unverified && { signed: false }),
        ...(warnings.length > 0 && { warnings }),
      });
    },
    onRefusedLogin: (code: ErrorCode) => metrics.add("logins_refused_total", [service, code.toLowerCase()]),
    onOperator: (fact: { name: string; method: string; path: string; workspaceId: string; requestId: string }) => {
      http.info("operator.used", {
        service,
        operator: fact.name,
        method: fact.method,
        path: fact.path,
        workspace_id: fact.workspaceId,
        request_id: fact.requestId,
      });
    },
  };
}

const METHODS = new Set(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]);

/** The first part of the path when it is one of ours: a closed list, whatever strangers ask for. */
function routeOf(path: string): string {
  const end = path.indexOf("/", 1);
  const first = end === -1 ? path.slice(1) : path.slice(1, end);
  return ROUTES.has(first) ? first : "other";
}

const ROUTES = new Set([
  "webhooks",
  "lifecycle",
  "ui",
  "manifest",
  "healthz",
  "ready",
  "health",
  "bootstrap",
  "metrics",
]);
