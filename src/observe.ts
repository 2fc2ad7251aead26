/** What the rooms report, as log lines and metrics: the one place that knows both. */

import type { EngineObserver } from "./engine/run.ts";
import type { RequestFact } from "./http/listener.ts";
import type { Profile } from "./profiles/profile.ts";
import type { Logger } from "./telemetry/log.ts";
import type { MetricName, Metrics } from "./telemetry/metrics.ts";
import type { LifecycleCall } from "./verify/lifecycle.ts";

export function engineObserver(log: Logger, metrics: Metrics): EngineObserver {
  return {
    stepAttempted: ({ run, path, action, attempt, outcome, durationMs, httpStatus, errorCode, retryInMs }) => {
      metrics.add("flows_actions_executed", [action, outcome]);
      metrics.observe("step_duration_seconds", [action], durationMs / 1000);
      if (action === "clockify") metrics.add("api_calls_total", [outcome]);
      if (outcome === "snoozed") metrics.add("rate_limiter_waits");
      const level = outcome === "succeeded" ? "debug" : "info";
      if (level === "debug" && !log.enabled("DEBUG")) return;
      log[level]("step.attempted", {
        workspace_id: run.workspaceId,
        event_id: run.eventId,
        flow_id: run.flowId,
        run_id: run.id,
        step: path,
        action,
        attempt,
        outcome,
        http_status: httpStatus,
        code: errorCode,
        retry_in_ms: retryInMs,
        duration_ms: durationMs,
      });
    },
    runFinished: ({ run, state, durationMs, errorCode }) => {
      metrics.add("flows_executed_total");
      if (state === "completed") metrics.add("flows_executed_completed");
      if (state === "failed") metrics.add("flows_executed_failed");
      metrics.observe("flow_run_duration_seconds", [state], durationMs / 1000);
      const level = state === "failed" ? "warn" : "debug";
      if (level === "debug" && !log.enabled("DEBUG")) return;
      log[level]("run.finished", {
        workspace_id: run.workspaceId,
        event_id: run.eventId,
        flow_id: run.flowId,
        run_id: run.id,
        state,
        code: errorCode,
        duration_ms: durationMs,
      });
    },
  };
}

const LIFECYCLE_METRIC: Record<LifecycleCall["type"], MetricName> = {
  INSTALLED: "lifecycle_installed_total",
  DELETED: "lifecycle_uninstalled_total",
  SETTINGS_UPDATED: "lifecycle_settings_updated_total",
  STATUS_CHANGED: "lifecycle_status_changed_total",
};

/** What one listener reports. */
export function listenerObserver(profile: Profile, { log, metrics }: { log: Logger; metrics: Metrics }) {
  const { service } = profile;
  return {
    onStart: () => metrics.add("api_requests_in_progress", [service]),
    onEnd: ({ method, path, status, durationMs, code, reason }: RequestFact) => {
      metrics.add("api_requests_in_progress", [service], -1);
      metrics.add("api_requests_total", [service, METHODS.has(method) ? method : "other", String(status)]);
      metrics.observe("api_request_duration_seconds", [service, routeOf(path)], durationMs / 1000);
      if (code !== undefined && path.startsWith("/webhooks/")) {
        // Both come from closed lists: the error codes, and the verifier's reasons.
        metrics.add("webhooks_errors_total", [service, reason ?? code.toLowerCase()]);
      }
    },
    onReceived: (
      { eventType, outcome, workspaceId, requestId }: {
        eventType: string;
        outcome: "stored" | "duplicate";
        workspaceId: string;
        requestId: string;
      },
    ) => {
      metrics.add("webhooks_received_total", [service, eventType, outcome]);
      if (log.enabled("DEBUG")) {
        log.debug("event.received", {
          service,
          request_id: requestId,
          workspace_id: workspaceId,
          event_type: eventType,
          outcome,
        });
      }
    },
    onLifecycle: (call: LifecycleCall, installationId: number) => {
      metrics.add(LIFECYCLE_METRIC[call.type], [service]);
      log.info("lifecycle.applied", {
        type: call.type,
        service,
        workspace_id: call.workspaceId,
        installation_id: installationId,
      });
    },
    onOperator: (fact: { name: string; method: string; path: string; workspaceId: string; requestId: string }) => {
      log.info("operator.used", {
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

const ROUTES = new Set(["webhooks", "lifecycle", "ui", "manifest", "healthz", "ready", "health", "metrics"]);
