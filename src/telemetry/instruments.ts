/** Every metric of the program: its kind, help text, labels, and the values that labels may have. */

/**
 * `counter` only grows; where the documents name one without _total, it is one all the same. With the label `service` a
 * series belongs to one add-on (or to the operators' listener); without it, to the whole process or its databases.
 */
export interface Instrument {
  kind: "counter" | "gauge";
  help: string;
  labels: readonly string[];
  /** What labels may say, where that is known: counters are 0 from the start for each combination. */
  values?: Readonly<Record<string, readonly string[]>>;
  /** Of listeners, that of operators too; the others are of add-ons alone. */
  ofListeners?: true;
  /** Of the Workflow Management API alone, whose listener serves no add-on. */
  ofApi?: true;
}

/** Kinds of jobs: those of queue/queue.ts. */
const JOB_KINDS = [
  "event",
  "waits",
  "run",
  "settings",
  "coverage",
  "poll",
  "reconcile",
  "bootstrap",
  "cleanup",
  "undo",
  "bulk",
  "history",
  "schedule_pause",
  "webhook",
];
/** How a call to Clockify ended: answered, refused for good (4xx), failed (5xx, no answer), held back by a 429, or given up. */
export const CALL_OUTCOMES = ["succeeded", "refused", "failed", "limited", "aborted"] as const;
/** Who makes calls to Clockify: those of clockify/call_origin.ts. */
const CALL_ORIGINS = ["flow", "person", "undo", "test", "bootstrap", "poll", "coverage", "settings", "lookup", "token"];
/** Where missed events are found: those of reconcile/store.ts. */
const RECONCILE_SOURCES = ["delivery_log", "entity_feed"];
/** How the undo of one change ended. */
export const UNDO_OUTCOMES = ["undone", "nothing", "conflict", "refused", "failed", "skipped"] as const;
const ACTIONS = ["clockify", "http", "forward", "emit_event"];
const LOGIN_FAULTS = [
  "login_required",
  "login_invalid",
  "login_wrong_addon",
  "role_insufficient",
  "installation_unknown",
  "rate_limited",
];
const LIFECYCLE = ["INSTALLED", "DELETED", "SETTINGS_UPDATED", "STATUS_CHANGED"];

export const INSTRUMENTS = {
  runs_held_back_total: {
    kind: "counter",
    help:
      "Runs that events did not start, by what their flow says: its throttle, its concurrency, its debounce; or since it goes round on its own writes",
    labels: ["service", "why"],
    values: { why: ["throttled", "concurrency_full", "debounced", "loop_detected"] },
  },
  child_runs_total: {
    kind: "counter",
    help: "Steps that run another flow, by what became of the run; pending: not awaited",
    labels: ["service", "outcome"],
    values: { outcome: ["completed", "failed", "cancelled", "pending", "not_started"] },
  },
  schedule_slots_missed_total: {
    kind: "counter",
    help: "Slots of schedules that passed without a run: no instance was running, or the flows were switched off",
    labels: ["service"],
  },
  webhooks_received_total: {
    kind: "counter",
    help: "Deliveries acknowledged; outcome stored or duplicate",
    labels: ["service", "event_type", "outcome"],
    values: { outcome: ["stored", "duplicate"] },
  },
  webhooks_errors_total: { kind: "counter", help: "Deliveries refused, by reason", labels: ["service", "reason"] },
  custom_webhooks_received_total: {
    kind: "counter",
    help: "Deliveries of other systems acknowledged; outcome stored, duplicate or challenge",
    labels: ["service", "outcome"],
    values: { outcome: ["stored", "duplicate", "challenge"] },
  },
  clockify_hmac_fallback_total: {
    kind: "counter",
    help: "Deliveries accepted by HMAC instead of a Clockify token",
    labels: ["service"],
  },
  logins_refused_total: {
    kind: "counter",
    help: "Requests refused for their login",
    labels: ["service", "reason"],
    values: { reason: LOGIN_FAULTS },
  },
  lifecycle_installed_total: { kind: "counter", help: "INSTALLED calls applied", labels: ["service"] },
  lifecycle_uninstalled_total: { kind: "counter", help: "DELETED calls applied", labels: ["service"] },
  lifecycle_settings_updated_total: { kind: "counter", help: "SETTINGS_UPDATED calls applied", labels: ["service"] },
  lifecycle_status_changed_total: { kind: "counter", help: "STATUS_CHANGED calls applied", labels: ["service"] },
  clockify_webhook_events_total: {
    kind: "counter",
    help: "Deliveries of Clockify acknowledged, of all event types",
    labels: ["service"],
  },
  clockify_lifecycle_events_total: {
    kind: "counter",
    help: "Lifecycle calls applied, by event",
    labels: ["service", "event"],
    values: { event: LIFECYCLE },
  },
  clockify_lifecycle_events_failed_total: {
    kind: "counter",
    help: "Lifecycle calls refused or failed, by event",
    labels: ["service", "event"],
    values: { event: LIFECYCLE },
  },
  flows_executed_total: { kind: "counter", help: "Runs that ended", labels: ["service"] },
  flows_executed_completed: { kind: "counter", help: "Runs that ended completed, since start", labels: ["service"] },
  flows_executed_failed: { kind: "counter", help: "Runs that ended failed, since start", labels: ["service"] },
  flows_actions_executed: {
    kind: "counter",
    help: "Attempts of steps, since start",
    labels: ["service", "action", "outcome"],
    values: { action: ACTIONS, outcome: ["succeeded", "failed", "snoozed"] },
  },
  flows_actions_errors: {
    kind: "counter",
    help: "Attempts of steps that failed, since start",
    labels: ["service", "action"],
    values: { action: ACTIONS },
  },
  flows_actions_retried_total: {
    kind: "counter",
    help: "Retries of steps: attempts after the first one",
    labels: ["service", "action"],
    values: { action: ACTIONS },
  },
  events_dispatched_total: {
    kind: "counter",
    help: "Events whose flows were evaluated",
    labels: ["service", "outcome"],
    values: {
      outcome: [
        "dispatched",
        "no_flow",
        "no_match",
        "flows_off",
        "installation_inactive",
        "uninstalled",
        "flow_unreadable",
        "flow_too_costly",
        "flow_lookup_failed",
      ],
    },
  },
  breaker_changes_total: {
    kind: "counter",
    help:
      "Changes of circuit breakers by this process: opened, one call let through (half_open), closed or reset (closed)",
    labels: ["service", "state"],
    values: { state: ["open", "half_open", "closed"] },
  },
  bulk_sent_total: {
    kind: "counter",
    help: "Failed runs and dead letters that bulk jobs came to, by whether they were sent again",
    labels: ["service", "outcome"],
    values: { outcome: ["sent", "skipped"] },
  },
  events_replayed_total: { kind: "counter", help: "Events that people had replayed", labels: ["service"] },
  flows_unreadable_total: {
    kind: "counter",
    help: "Flows left out of an event because this version cannot read them",
    labels: ["service"],
  },
  flows_too_costly_total: {
    kind: "counter",
    help: "Flows left out of an event because their conditions exceed the work budget",
    labels: ["service"],
  },
  flows_lookup_failed_total: {
    kind: "counter",
    help: "Flows left out of an event because what their conditions look up is not there or not unique",
    labels: ["service"],
  },
  runs_throttled_total: {
    kind: "counter",
    help: "Events put off because their installation reached MAX_RUNS_PER_MINUTE",
    labels: ["service"],
  },
  runs_retried_total: { kind: "counter", help: "Failed runs that a person retried", labels: ["service"] },
  guard_decisions_total: {
    kind: "counter",
    help:
      "What the guard decided, by grade: of a request to Clockify by hand, of a flow that is published, and of a step that is denied; confirmed: by its token, approved or rejected: by a second person",
    labels: ["service", "grade", "outcome"],
    values: {
      grade: ["read", "routine", "business", "destructive"],
      outcome: ["allow", "preview", "second_person", "deny", "confirmed", "approved", "rejected"],
    },
  },
  confirm_tokens_refused_total: {
    kind: "counter",
    help: "Confirm tokens that were not good: of nothing, or of another person, workspace or request; expired; used",
    labels: ["service", "reason"],
    values: { reason: ["confirm_token_invalid", "confirm_token_expired", "confirm_token_used"] },
  },
  changes_total: {
    kind: "counter",
    help: "Objects written to Clockify by flows, people and undos, by how the write ended",
    labels: ["service", "outcome"],
    values: { outcome: ["done", "refused", "failed", "uncertain"] },
  },
  undos_total: {
    kind: "counter",
    help: "Undos of changes that people asked for, one by one or in bulk, by how they ended",
    labels: ["service", "outcome"],
    values: { outcome: UNDO_OUTCOMES },
  },
  api_calls_total: {
    kind: "counter",
    help:
      "Calls to Clockify that were sent, each attempt of them, for whatever reason; outcome succeeded, refused, failed, limited (429) or aborted (given up before an answer)",
    labels: ["service", "outcome"],
    values: { outcome: CALL_OUTCOMES },
  },
  explorer_calls_total: {
    kind: "counter",
    help: "Calls to Clockify that people made by hand, by door and by what came of them",
    labels: ["service", "via", "status"],
    values: {
      via: ["explorer", "api_call"],
      status: ["success", "error", "unchanged", "preview", "second_person"],
    },
  },
  explorer_pages_total: {
    kind: "counter",
    help: "Pages of lists that streams of the explorer read",
    labels: ["service"],
  },
  clockify_api_calls_total: {
    kind: "counter",
    help: "Calls to Clockify that were sent, by operation of the catalogue",
    labels: ["service", "operation"],
  },
  clockify_api_calls_failed_total: {
    kind: "counter",
    help: "Calls to Clockify that it did not answer with success, by operation",
    labels: ["service", "operation"],
  },
  clockify_api_retries_total: {
    kind: "counter",
    help: "Retries of calls to Clockify within one attempt of a step",
    labels: ["service"],
  },
  clockify_api_calls_by_origin_total: {
    kind: "counter",
    help: "Calls to Clockify that were sent, by who made them",
    labels: ["service", "origin"],
    values: { origin: CALL_ORIGINS },
  },
  clockify_api_family_retries_total: {
    kind: "counter",
    help:
      "Retries of calls to Clockify within one attempt of a step, by family of operations (other: not in the catalogue)",
    labels: ["service", "family"],
  },
  call_records_waiting: {
    kind: "gauge",
    help: "Records of calls to Clockify that are not written yet, of all databases",
    labels: [],
  },
  call_records_dropped_total: {
    kind: "counter",
    help: "Records of calls to Clockify that were not kept: full (the database did not keep pace) or unwritable",
    labels: ["cause"],
    values: { cause: ["full", "unwritable"] },
  },
  clockify_rate_limit_events_total: {
    kind: "counter",
    help: "Calls to Clockify held back by the rate budget: waited, refused (put off), paused (by its 429)",
    labels: ["service", "event"],
    values: { event: ["waited", "refused", "paused"] },
  },
  clockify_rate_limit_wait_seconds_total: {
    kind: "counter",
    help: "Seconds that calls to Clockify waited for the rate budget",
    labels: ["service"],
  },
  rate_limited_total: {
    kind: "counter",
    help:
      "Requests answered 429 because the rate limit of this scope was reached: webhook, webhook_bytes, api, login, costly, or guess (a token or address that is none)",
    labels: ["service", "scope"],
    values: { scope: ["webhook", "webhook_bytes", "api", "login", "costly", "guess"] },
  },
  quota_reached_total: {
    kind: "counter",
    help: "Workspaces that reached 80 % (nearly_full) or all (full) of STORED_MB_PER_WORKSPACE",
    labels: ["service", "state"],
    values: { state: ["nearly_full", "full"] },
  },
  rate_limit_fallback_total: {
    kind: "counter",
    help: "Requests decided by this instance alone because Redis is away",
    labels: [],
  },
  redis_up: { kind: "gauge", help: "1 while Redis answers; absent when it is off", labels: ["use"] },
  rate_limiter_waits: {
    kind: "counter",
    help: "Calls to Clockify that waited for the rate budget or were put off by it, since start",
    labels: ["service"],
  },
  api_requests_total: {
    kind: "counter",
    help: "Requests answered; endpoint is the route, other where there is none",
    labels: ["service", "method", "status", "endpoint"],
    ofListeners: true,
  },
  api_request_latency_seconds_total: {
    kind: "counter",
    help: "Seconds that requests took, added up",
    labels: ["service"],
    ofListeners: true,
  },
  api_requests_in_progress: { kind: "gauge", help: "Requests in progress", labels: ["service"], ofListeners: true },
  workflow_executions_total: {
    kind: "counter",
    help: "Runs of workflows that ended, by how",
    labels: ["service", "outcome"],
    values: { outcome: ["completed", "failed", "cancelled"] },
    ofApi: true,
  },
  workflow_execution_failures_total: {
    kind: "counter",
    help: "Runs of workflows that failed, by the code of their error",
    labels: ["service", "code"],
    // Closed (metrics.ts), yet too many to be shown before they first happen.
    values: { code: [] },
    ofApi: true,
  },
  run_webhook_deliveries_total: {
    kind: "counter",
    help: "Attempts to send the status of a run to a webhook, by how they ended; failed: given up",
    labels: ["service", "outcome"],
    values: { outcome: ["delivered", "retried", "failed"] },
    ofApi: true,
  },
  api_info: {
    kind: "gauge",
    help: "1; version is API_VERSION",
    labels: ["service", "version"],
    ofApi: true,
  },
  api_uptime_seconds: {
    kind: "gauge",
    help: "Seconds since the start",
    labels: ["service"],
    ofApi: true,
  },
  addon_uptime_seconds: { kind: "gauge", help: "Seconds since the start", labels: ["service"], ofListeners: true },
  addon_healthcheck_database_status: { kind: "gauge", help: "1 when the database answers", labels: ["service"] },
  waits_ended_by_events_total: {
    kind: "counter",
    help: "Runs whose step waited for an event that came",
    labels: ["service"],
  },
  approvals_decided_total: {
    kind: "counter",
    help: "Approvals that ended: approved, rejected, or expired without an answer",
    labels: ["service", "decision"],
    values: { decision: ["approved", "rejected", "expired"] },
  },
  approvals_open: { kind: "gauge", help: "Approvals that wait for a person, over all databases", labels: [] },
  kafka_published_total: {
    kind: "counter",
    help: "Messages of runs sent to Kafka; too_large: begun by the queue alone; failed ones are sent again",
    labels: ["kind", "outcome"],
    values: { kind: ["execution", "cancellation"], outcome: ["sent", "failed", "too_large"] },
  },
  kafka_consumed_total: {
    kind: "counter",
    help: "Messages taken from Kafka, by what they did",
    labels: ["kind", "outcome"],
    values: {
      kind: ["execution", "cancellation"],
      outcome: ["started", "woken", "cancelled", "kept", "repeated", "gone", "dead_letter"],
    },
  },
  kafka_dead_letters_total: {
    kind: "counter",
    help: "Messages put into a dead-letter topic, by reason",
    labels: ["why"],
    values: { why: ["unreadable", "unknown_type", "invalid", "too_large", "too_old", "refused", "failed"] },
  },
  kafka_connected: {
    kind: "gauge",
    help: "1 while brokers answer: producer as they were asked last, consumer while it is in the group",
    labels: ["part"],
  },
  kafka_outbox_rows: {
    kind: "gauge",
    help: "Messages that are not published yet, over all instances; 10,000 are counted",
    labels: [],
  },
  kafka_outbox_oldest_seconds: { kind: "gauge", help: "Age of the oldest of them", labels: [] },
  kafka_consumer_lag: {
    kind: "gauge",
    help: "Messages that the group is behind, in the partitions of this instance",
    labels: ["kind"],
    values: { kind: ["execution", "cancellation"] },
  },
  api_audit_unsealed_seconds: {
    kind: "gauge",
    help:
      "Age of the oldest row of the audit of the Workflow Management API that is not sealed, as it was looked for last",
    labels: [],
  },
  queue_jobs: {
    kind: "gauge",
    help: "Jobs by kind and state, over all databases; 20,000 open and as many ended ones of each are counted",
    labels: ["kind", "state"],
  },
  queue_oldest_seconds: {
    kind: "gauge",
    help: "How long the oldest job waits that may begin now, of the 200 add-ons and kinds that wait longest",
    labels: ["service", "kind"],
    values: { kind: JOB_KINDS },
  },
  dead_letters_total: {
    kind: "counter",
    help: "Jobs given up by this process, which stay as dead letters; run: runs that failed",
    labels: ["kind"],
    values: { kind: JOB_KINDS },
  },
  breakers_open: {
    kind: "gauge",
    help: "Circuit breakers that are not closed, over all instances",
    labels: ["service"],
  },
  clockify_paused: {
    kind: "gauge",
    help: "Workspaces whose calls to Clockify wait until its budget or its Retry-After allows the next",
    labels: ["service"],
  },
  installations: {
    kind: "gauge",
    help: "Installations of the add-on; inactive: switched off in Clockify; uninstalled: kept for a reinstall",
    labels: ["service", "state"],
    values: { state: ["active", "inactive", "uninstalled"] },
  },
  bootstrap_completed: { kind: "counter", help: "Workspaces read to the end, since start", labels: ["service"] },
  bootstrap_errors: {
    kind: "counter",
    help: "Lists that could not be read completely, since start",
    labels: ["service"],
  },
  clockify_bootstrap_jobs_total: {
    kind: "counter",
    help: "Reads of a workspace that ended",
    labels: ["service", "outcome"],
    values: { outcome: ["complete", "complete_with_errors", "failed"] },
  },
  clockify_bootstrap_jobs_failed_total: {
    kind: "counter",
    help: "Reads of a workspace that failed",
    labels: ["service"],
  },
  polled_events_total: { kind: "counter", help: "Events found by comparing lists", labels: ["service", "event_type"] },
  webhook_events_expected_total: {
    kind: "counter",
    help: "Events that Clockify's delivery logs and entity feeds say should have been received",
    labels: ["service", "source"],
    values: { source: RECONCILE_SOURCES },
  },
  webhook_events_seen_total: {
    kind: "counter",
    help: "Those of them that were received",
    labels: ["service", "source"],
    values: { source: RECONCILE_SOURCES },
  },
  webhook_events_reconciled_total: {
    kind: "counter",
    help: "Those of them that were not, and were found: each is published once",
    labels: ["service", "source"],
    values: { source: RECONCILE_SOURCES },
  },
  reconcile_errors_total: {
    kind: "counter",
    help: "Logs and feeds that could not be read",
    labels: ["service", "source"],
    values: { source: RECONCILE_SOURCES },
  },
  webhook_coverage: {
    kind: "gauge",
    help: "Event types of all workspaces, by delivery path",
    labels: ["service", "way"],
  },
  webhook_alarms: {
    kind: "gauge",
    help: "Event types whose webhook needs attention, by state",
    labels: ["service", "state"],
  },
  retention_deleted_total: {
    kind: "counter",
    help: "Rows that retention deleted",
    labels: ["table"],
    values: {
      table: [
        "job",
        "run",
        "flow",
        "workflow_version",
        "agent",
        "plan",
        "event",
        "entity_head",
        "event_tally",
        "entity_cache",
        "entity_change",
        "idempotency_key",
        "explorer_call",
        "clockify_call",
        "confirm_token",
        "guard_request",
        "new_flow_draft",
        "flow_history",
        "undo_job",
        "issue_mark",
        "source_refusal",
        "bulk_job",
        "change",
        "audit",
        "api_audit",
        "api_token_revoked",
        "api_session",
      ],
    },
  },
  retention_last_run_seconds: {
    kind: "gauge",
    help: "Seconds since a sweep of the add-on's data was last finished, by any instance",
    labels: ["service"],
  },
  backup_last_success_timestamp_seconds: {
    kind: "gauge",
    help: "When the last backup of the databases began, in seconds since 1970; 0 before the first one",
    labels: [],
  },
  backup_last_failure_timestamp_seconds: {
    kind: "gauge",
    help: "When a backup of the databases failed last, in seconds since 1970; 0 where none did",
    labels: [],
  },
  backup_last_size_bytes: { kind: "gauge", help: "Bytes of the last backup", labels: [] },
  backup_last_duration_seconds: { kind: "gauge", help: "Seconds that the last backup took", labels: [] },
  schedule_late_seconds: {
    kind: "gauge",
    help: "Seconds that the oldest slot of a schedule that has not fired is late, of the add-on's database",
    labels: ["service"],
  },
  ingest_waiting: { kind: "gauge", help: "Deliveries waiting for their commit", labels: [] },
  ingest_waiting_bytes: { kind: "gauge", help: "Bytes of deliveries waiting for their commit", labels: [] },
  database_pool_connections: {
    kind: "gauge",
    help: "Connections of the pools of all databases, by whether a transaction has them: in_use or free",
    labels: ["state"],
  },
  database_size_bytes: {
    kind: "gauge",
    help: "Size of the add-on's database on its disk",
    labels: ["service"],
  },
  database_clock_skew_seconds: {
    kind: "gauge",
    help: "How far the clock of the add-on's database is ahead of this process's",
    labels: ["service"],
  },
  data_folder_bytes: {
    kind: "gauge",
    help: "Bytes of the disk with DATA_DIR, free or used; absent without the embedded database",
    labels: ["state"],
  },
  verification_keys: { kind: "gauge", help: "Keys that Clockify's tokens can be verified with now", labels: [] },
  verification_key_source_up: {
    kind: "gauge",
    help: "1 unless the last fetch of CLOCKIFY_JWKS_URL failed",
    labels: [],
  },
  signature_verification: {
    kind: "gauge",
    help: "1 where deliveries need a signature, 0 where REQUIRE_SIGNATURE_VERIFICATION switches that off",
    labels: ["service"],
  },
  database_pool_waiting: { kind: "gauge", help: "Transactions that wait for a connection of a pool", labels: [] },
  people_reads_waiting: { kind: "gauge", help: "Transactions of people that wait for a connection", labels: [] },
  people_reads_refused_total: {
    kind: "counter",
    help: "Transactions of people that found no connection in time",
    labels: [],
  },
  request_body_bytes: {
    kind: "gauge",
    help: "Bytes of request bodies held until their answer, of all listeners; sender verified or unverified",
    labels: ["sender"],
  },
  request_bodies_refused_total: {
    kind: "counter",
    help: "Bodies given up for lack of memory (address, strangers, installation, senders, gave_way) or time (too_slow)",
    labels: ["cause"],
    values: { cause: ["address", "strangers", "installation", "senders", "gave_way", "too_slow"] },
  },
  process_resident_memory_bytes: { kind: "gauge", help: "Memory of the process", labels: [] },
  process_cpu_seconds_total: { kind: "counter", help: "Processor time of the process, user and system", labels: [] },
  process_start_time_seconds: { kind: "gauge", help: "Start of the process, in seconds since 1970", labels: [] },
  streams_open: { kind: "gauge", help: "Streams of events that are open", labels: ["service"] },
} as const satisfies Record<string, Instrument>;

export type MetricName = keyof typeof INSTRUMENTS;

export const HISTOGRAMS = {
  api_request_duration_seconds: { help: "Latency of requests", labels: ["service", "route"] },
  flow_run_duration_seconds: { help: "From the creation of a run to its end", labels: ["service", "outcome"] },
  workflow_execution_duration_seconds: {
    help: "From the creation of a run of a workflow to its end",
    labels: ["service", "outcome"],
  },
  event_loop_delay_seconds: {
    help: "How late timers fire: what holds the thread, measured ten times a second",
    labels: [],
  },
  step_duration_seconds: { help: "Duration of one attempt of a step", labels: ["service", "action"] },
  clockify_api_latency_seconds: {
    help: "Time of one call to Clockify, from its sending to its answer",
    labels: ["service"],
  },
} as const satisfies Record<string, { help: string; labels: readonly string[] }>;

export type HistogramName = keyof typeof HISTOGRAMS;
