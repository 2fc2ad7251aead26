/**
 * Metrics under the earlier service's names (docs/decisions.md "Metrics"), as Prometheus text. Rooms count into plain
 * numbers, which OpenTelemetry reads at the scrape through observable instruments: a request costs additions, not attribute hashing.
 */

import type { Attributes, Histogram, Meter, ObservableResult } from "@opentelemetry/api";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { emptyResource } from "@opentelemetry/resources";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import type { Clock } from "../base/clock.ts";

/** `counter` may only grow and ends in _total; `gauge` is used where the earlier service names a count without that ending. */
interface Instrument {
  kind: "counter" | "gauge";
  help: string;
  labels: readonly string[];
}

const INSTRUMENTS = {
  webhooks_received_total: {
    kind: "counter",
    help: "Deliveries acknowledged; outcome stored or duplicate",
    labels: ["service", "event_type", "outcome"],
  },
  webhooks_errors_total: { kind: "counter", help: "Deliveries refused, by reason", labels: ["service", "reason"] },
  custom_webhooks_received_total: {
    kind: "counter",
    help: "Deliveries of other systems acknowledged; outcome stored, duplicate or challenge",
    labels: ["service", "outcome"],
  },
  clockify_hmac_fallback_total: {
    kind: "counter",
    help: "Deliveries accepted by HMAC instead of a Clockify token",
    labels: ["service"],
  },
  logins_refused_total: { kind: "counter", help: "Requests refused for their login", labels: ["service", "reason"] },
  lifecycle_installed_total: { kind: "counter", help: "Obeyed INSTALLED calls", labels: ["service"] },
  lifecycle_uninstalled_total: { kind: "counter", help: "Obeyed DELETED calls", labels: ["service"] },
  lifecycle_settings_updated_total: { kind: "counter", help: "Obeyed SETTINGS_UPDATED calls", labels: ["service"] },
  lifecycle_status_changed_total: { kind: "counter", help: "Obeyed STATUS_CHANGED calls", labels: ["service"] },
  flows_executed_total: { kind: "counter", help: "Runs that ended", labels: [] },
  flows_executed_completed: { kind: "gauge", help: "Runs that ended completed, since start", labels: [] },
  flows_executed_failed: { kind: "gauge", help: "Runs that ended failed, since start", labels: [] },
  flows_actions_executed: { kind: "gauge", help: "Tries of steps, since start", labels: ["action", "outcome"] },
  events_dispatched_total: { kind: "counter", help: "Events whose flows were evaluated", labels: ["outcome"] },
  events_replayed_total: { kind: "counter", help: "Events that people had replayed", labels: ["service"] },
  flows_unreadable_total: {
    kind: "counter",
    help: "Flows left out of an event because this version cannot read them",
    labels: [],
  },
  flows_too_costly_total: {
    kind: "counter",
    help: "Flows left out of an event because deciding them takes more work than they may do",
    labels: [],
  },
  runs_throttled_total: {
    kind: "counter",
    help: "Events put off because their installation made MAX_RUNS_PER_MINUTE",
    labels: [],
  },
  runs_retried_total: { kind: "counter", help: "Failed runs that a person asked to go on", labels: [] },
  api_calls_total: { kind: "counter", help: "Calls to Clockify, by outcome", labels: ["outcome"] },
  clockify_rate_limit_events_total: {
    kind: "counter",
    help: "Calls to Clockify held back by the rate budget: waited, refused (put off), paused (by its 429)",
    labels: ["event"],
  },
  clockify_rate_limit_wait_seconds_total: {
    kind: "counter",
    help: "Seconds that calls to Clockify waited",
    labels: [],
  },
  rate_limited_total: {
    kind: "counter",
    help:
      "Requests answered 429 for want of a budget of this scope: webhook, webhook_bytes, api, login, costly, or guess (a token or address that is none)",
    labels: ["service", "scope"],
  },
  quota_reached_total: {
    kind: "counter",
    help: "Workspaces that reached 80 % (nearly_full) or all (full) of STORED_MB_PER_WORKSPACE",
    labels: ["state"],
  },
  rate_limit_fallback_total: {
    kind: "counter",
    help: "Requests decided by this instance alone because Redis is away",
    labels: [],
  },
  redis_up: { kind: "gauge", help: "1 while Redis answers; absent when it is off", labels: ["use"] },
  rate_limiter_waits: { kind: "gauge", help: "Steps put off for lack of rate budget, since start", labels: [] },
  api_requests_total: { kind: "counter", help: "Requests answered", labels: ["service", "method", "status"] },
  api_requests_in_progress: { kind: "gauge", help: "Requests under way", labels: ["service"] },
  addon_uptime_seconds: { kind: "gauge", help: "Seconds since the start", labels: ["service"] },
  addon_healthcheck_database_status: { kind: "gauge", help: "1 when the database answers", labels: ["service"] },
  queue_jobs: {
    kind: "gauge",
    help: "Jobs by kind and state, over all databases; 20,000 open and as many ended ones of each are counted",
    labels: ["kind", "state"],
  },
  bootstrap_completed: { kind: "gauge", help: "Workspaces read to the end, since start", labels: [] },
  bootstrap_errors: { kind: "gauge", help: "Lists that could not be read whole, since start", labels: [] },
  clockify_bootstrap_jobs_total: { kind: "counter", help: "Readings of a workspace that ended", labels: ["outcome"] },
  clockify_bootstrap_jobs_failed_total: { kind: "counter", help: "Those that brought nothing", labels: [] },
  polled_events_total: { kind: "counter", help: "Events found by comparing lists", labels: ["event_type"] },
  webhook_coverage: {
    kind: "gauge",
    help: "Event types of all workspaces, by the way they come",
    labels: ["service", "way"],
  },
  webhook_alarms: {
    kind: "gauge",
    help: "Event types whose webhook needs a look, by state",
    labels: ["service", "state"],
  },
  retention_deleted_total: { kind: "counter", help: "Rows that retention deleted", labels: ["table"] },
  retention_last_run_seconds: {
    kind: "gauge",
    help: "Seconds since a sweep of the add-on's data was last finished, by any instance",
    labels: ["service"],
  },
  ingest_waiting: { kind: "gauge", help: "Deliveries waiting for their commit", labels: [] },
  ingest_waiting_bytes: { kind: "gauge", help: "Bytes of deliveries waiting for their commit", labels: [] },
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
    help: "Bodies given up for want of room (address, strangers, installation, senders, gave_way) or time (too_slow)",
    labels: ["cause"],
  },
  streams_open: { kind: "gauge", help: "Streams of events that are open", labels: ["service"] },
} as const satisfies Record<string, Instrument>;

export type MetricName = keyof typeof INSTRUMENTS;

const HISTOGRAMS = {
  api_request_duration_seconds: { help: "Latency of requests", labels: ["service", "route"] },
  flow_run_duration_seconds: { help: "From the creation of a run to its end", labels: ["outcome"] },
  step_duration_seconds: { help: "Duration of one try of a step", labels: ["action"] },
} as const;

export type HistogramName = keyof typeof HISTOGRAMS;

/** Seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export interface Metrics {
  /** Adds to a count. Labels stand in the order of the table; an event type outside the closed list becomes "other". */
  add(name: MetricName, labels?: readonly string[], count?: number): void;
  /** Sets a gauge. */
  set(name: MetricName, labels: readonly string[], value: number): void;
  /** Records a duration in seconds. */
  observe(name: HistogramName, labels: readonly string[], seconds: number): void;
  /**
   * Called before a scrape, to set gauges that are read from elsewhere; not again before `everyMs` have passed (default: at
   * each), and never while its last call is under way.
   */
  beforeScrape(refresh: () => Promise<void>, everyMs?: number): void;
  /** Prometheus text, format 0.0.4, at most 5 s old: one answer is made at a time, and all who ask meanwhile share it. */
  scrape(): Promise<string>;
  stop(): Promise<void>;
}

interface Series {
  labels: readonly string[];
  attributes: Attributes;
  value: number;
}

const MAX_SERIES = 2_000;
const REFRESH_MS = 2_500;
/** An answer is kept so long: anybody may ask, and Prometheus asks no more often. */
const KEEP_MS = 5_000;

export function createMetrics(
  { clock, services, eventTypes, reasons, keepMs = KEEP_MS }: {
    clock: Clock;
    services: readonly string[];
    /** Closed lists: a value outside becomes "other". */
    eventTypes: Iterable<string>;
    reasons: Iterable<string>;
    /** Default 5 s. 0: each scrape reads everything, for tests. */
    keepMs?: number;
  },
): Metrics {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  // Neither target_info nor scope labels: they would print paths, arguments and the owner of the process.
  const serializer = new PrometheusSerializer("", false, undefined, true, true);
  const provider = new MeterProvider({ resource: emptyResource(), readers: [exporter] });
  const meter = provider.getMeter("timewire");
  const known = new Set(eventTypes);
  const closed: Record<string, ReadonlySet<string>> = { event_type: known, reason: new Set(reasons) };
  const series = new Map<MetricName, Map<string, Series>>();
  const refreshers: (() => Promise<void>)[] = [];
  const startedMs = clock.monotonicMs();
  let kept: { text: string; untilMs: number } | undefined;
  let running: Promise<string> | undefined;

  for (const [name, instrument] of Object.entries(INSTRUMENTS)) {
    const values = new Map<string, Series>();
    series.set(name as MetricName, values);
    observable(meter, name, instrument).addCallback((result) => {
      for (const { attributes, value } of values.values()) result.observe(value, attributes);
    });
  }
  mountPerEvent(meter, { events: known, services, received: series.get("webhooks_received_total")! });
  const histograms = new Map<string, Histogram>(
    Object.entries(HISTOGRAMS).map(([name, { help }]) => [
      name,
      meter.createHistogram(name, { description: help, advice: { explicitBucketBoundaries: BUCKETS } }),
    ]),
  );

  function find(name: MetricName, labels: readonly string[]): Series {
    const values = series.get(name)!;
    const key = labels.length === 1 ? labels[0]! : labels.join("|");
    const found = values.get(key);
    if (found) return found;
    const safe = labels.map((value, index) => {
      const list = closed[INSTRUMENTS[name].labels[index] ?? ""];
      return (list && !list.has(value)) || values.size >= MAX_SERIES ? "other" : value;
    });
    const safeKey = safe.join("|");
    const made = values.get(safeKey) ?? { labels: safe, attributes: attributesOf(name, safe), value: 0 };
    values.set(safeKey, made);
    return made;
  }

  // What has no labels but the service is 0 before it first happens, so that rates and alerts see it.
  for (const [name, { kind, labels }] of Object.entries(INSTRUMENTS) as [MetricName, Instrument][]) {
    if (labels.length === 0) find(name, []);
    else if (kind === "counter" && labels.join() === "service") services.forEach((service) => find(name, [service]));
  }

  async function collect(): Promise<string> {
    for (const service of services) {
      find("addon_uptime_seconds", [service]).value = Math.round((clock.monotonicMs() - startedMs) / 1000);
    }
    const end = new AbortController();
    const deadline = clock.sleep(REFRESH_MS, end.signal).catch(() => {});
    // What cannot be read in time (a database that hangs) keeps its last value.
    await Promise.race([Promise.all(refreshers.map((refresh) => refresh())), deadline]);
    end.abort();
    const { resourceMetrics } = await exporter.collect();
    const text = serializer.serialize(resourceMetrics);
    kept = { text, untilMs: clock.monotonicMs() + keepMs };
    return text;
  }

  return {
    add: (name, labels = [], count = 1) => void (find(name, labels).value += count),
    set: (name, labels, value) => void (find(name, labels).value = value),
    observe: (name, labels, seconds) =>
      histograms.get(name)!.record(
        seconds,
        Object.fromEntries(HISTOGRAMS[name].labels.map((label, index) => [label, labels[index]])),
      ),
    beforeScrape: (refresh, everyMs = 0) => void refreshers.push(createRefresher(refresh, { everyMs, keepMs, clock })),
    scrape: async () => {
      if (kept && clock.monotonicMs() < kept.untilMs) return kept.text;
      running ??= collect().finally(() => running = undefined);
      return await running;
    },
    stop: () => provider.shutdown(),
  };
}

/** Never rejects: what cannot be read keeps its last value. */
function createRefresher(
  refresh: () => Promise<void>,
  { everyMs, keepMs, clock }: { everyMs: number; keepMs: number; clock: Clock },
): () => Promise<void> {
  let running: Promise<void> | undefined;
  let againMs = -Infinity;
  return async () => {
    if (!running && clock.monotonicMs() < againMs) return;
    running ??= (async () => {
      try {
        await refresh();
        if (keepMs > 0) againMs = clock.monotonicMs() + everyMs;
      } catch {
        // Tried again at the next scrape.
      } finally {
        running = undefined;
      }
    })();
    await running;
  };
}

function observable(meter: Meter, name: string, { kind, help }: Instrument) {
  return kind === "counter"
    ? meter.createObservableCounter(name, { description: help })
    : meter.createObservableGauge(name, { description: help });
}

/** webhooks_received_<event>: the older names, summed over outcomes from the labelled counter. */
function mountPerEvent(
  meter: Meter,
  { events, services, received }: {
    events: ReadonlySet<string>;
    services: readonly string[];
    received: ReadonlyMap<string, Series>;
  },
) {
  for (const event of events) {
    const name = `webhooks_received_${event.toLowerCase()}`;
    meter.createObservableGauge(name, { description: `Deliveries of ${event}, since start` }).addCallback(
      (result: ObservableResult) => {
        const perService = new Map<string, number>(services.map((service) => [service, 0]));
        for (const { labels: [service = "", type], value } of received.values()) {
          if (type === event) perService.set(service, (perService.get(service) ?? 0) + value);
        }
        for (const [service, value] of perService) result.observe(value, { service });
      },
    );
  }
}

function attributesOf(name: MetricName, labels: readonly string[]): Attributes {
  return Object.fromEntries(INSTRUMENTS[name].labels.map((label, index) => [label, labels[index] ?? ""]));
}
