/**
 * Metrics under the earlier service's names (docs/decisions.md "Metrics"), as Prometheus text. Modules count into plain
 * numbers, which OpenTelemetry reads at the scrape through observable instruments: a request costs additions, not attribute hashing.
 */

import process from "node:process";
import type { Attributes, Histogram, Meter, ObservableResult } from "@opentelemetry/api";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { emptyResource } from "@opentelemetry/resources";
import { type CollectionResult, MeterProvider } from "@opentelemetry/sdk-metrics";
import type { Clock } from "../base/clock.ts";
import { type HistogramName, HISTOGRAMS, type Instrument, INSTRUMENTS, type MetricName } from "./instruments.ts";

export type { HistogramName, MetricName } from "./instruments.ts";

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
   * each), and never while its last call is in progress.
   */
  beforeScrape(refresh: () => Promise<void>, everyMs?: number): void;
  /**
   * Prometheus text, format 0.0.4, at most 5 s old: one answer is made at a time, and all who ask meanwhile share it. With
   * `service` the series of that one, and those of the whole process, which have no such label; else of all services.
   */
  scrape(service?: string): Promise<string>;
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
  { clock, services, listeners = [], eventTypes, reasons, codes = [], keepMs = KEEP_MS, pushed }: {
    clock: Clock;
    /** Values of the label for add-ons. */
    services: readonly string[];
    /** Of listeners that serve no add-on of their own. */
    listeners?: readonly string[];
    /** Closed lists: a value outside becomes "other". */
    eventTypes: Iterable<string>;
    reasons: Iterable<string>;
    codes?: Iterable<string>;
    /** Default 5 s. 0: each scrape reads everything, for tests. */
    keepMs?: number;
    /** Takes the same metrics to a collector (sdk.ts). */
    pushed?: Meter;
  },
): Metrics {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  // Neither target_info nor scope labels: they would print paths, arguments and the owner of the process.
  const serializer = new PrometheusSerializer("", false, undefined, true, true);
  const provider = new MeterProvider({ resource: emptyResource(), readers: [exporter] });
  const meter = provider.getMeter("timewire");
  const known = new Set(eventTypes);
  const closed: Record<string, ReadonlySet<string>> = {
    event_type: known,
    reason: new Set(reasons),
    code: new Set(codes),
  };
  const series = new Map<MetricName, Map<string, Series>>();
  const refreshers: (() => Promise<void>)[] = [];
  const startedMs = clock.monotonicMs();
  const startedAt = clock.now() / 1000;
  let kept: { collected: CollectionResult; texts: Map<string | undefined, string>; untilMs: number } | undefined;
  let running: Promise<NonNullable<typeof kept>> | undefined;

  for (const [name, instrument] of Object.entries(INSTRUMENTS)) {
    const values = new Map<string, Series>();
    series.set(name as MetricName, values);
    const observe = (result: ObservableResult) => {
      for (const { attributes, value } of values.values()) result.observe(value, attributes);
    };
    scraped(meter, name, instrument).addCallback(observe);
    if (!pushed) continue;
    observable(pushed, name, instrument).addCallback(async (result) => {
      await refresh();
      observe(result);
    });
  }
  const received = series.get("webhooks_received_total")!;
  mountPerEvent(meter, { events: known, services, received });
  const histograms = new Map<string, { each: Histogram[]; attributes: Map<string, Attributes> }>(
    Object.entries(HISTOGRAMS).map(([name, { help }]) => {
      const advice = { explicitBucketBoundaries: BUCKETS };
      const meters = pushed ? [meter, pushed] : [meter];
      const each = meters.map((one) => one.createHistogram(name, { description: help, advice }));
      return [name, { each, attributes: new Map() }];
    }),
  );

  function find(name: MetricName, labels: readonly string[]): Series {
    const values = series.get(name)!;
    const key = labels.length === 1 ? labels[0]! : labels.join("|");
    const found = values.get(key);
    if (found) return found;
    const safe = labels.map((value, index) => {
      const label = INSTRUMENTS[name].labels[index] ?? "";
      const list = closed[label];
      return (list && !list.has(value)) || (values.size >= MAX_SERIES && label !== "service") ? "other" : value;
    });
    const safeKey = safe.join("|");
    const made = values.get(safeKey) ?? { labels: safe, attributes: attributesOf(name, safe), value: 0 };
    values.set(safeKey, made);
    return made;
  }

  // A counter whose labels are known is 0 before it first happens, so that rates and alerts see it.
  for (
    const [name, { kind, labels, values, ofListeners, ofApi }] of Object.entries(INSTRUMENTS) as [
      MetricName,
      Instrument,
    ][]
  ) {
    if (kind === "gauge" && labels.length > 0) continue;
    const lists = labels.map((label) => {
      if (label === "service" && ofApi) return listeners;
      if (label === "service") return ofListeners ? [...services, ...listeners] : services;
      return values?.[label] ?? [...closed[label] ?? []];
    });
    for (const combination of combinations(lists)) find(name, combination);
  }

  /** Never rejects: what cannot be read in time (a database that hangs) keeps its last value. */
  async function readGauges(): Promise<void> {
    const upSeconds = Math.round((clock.monotonicMs() - startedMs) / 1000);
    for (const service of [...services, ...listeners]) find("addon_uptime_seconds", [service]).value = upSeconds;
    for (const service of listeners) find("api_uptime_seconds", [service]).value = upSeconds;
    for (const service of services) {
      find("clockify_webhook_events_total", [service]).value = sumOf(received, ({ labels }) => labels[0] === service);
    }
    const { user, system } = process.cpuUsage();
    find("process_cpu_seconds_total", []).value = (user + system) / 1_000_000;
    find("process_resident_memory_bytes", []).value = Deno.memoryUsage().rss;
    find("process_start_time_seconds", []).value = startedAt;
    const end = new AbortController();
    const deadline = clock.sleep(REFRESH_MS, end.signal).catch(() => {});
    await Promise.race([Promise.all(refreshers.map((refresh) => refresh())), deadline]);
    end.abort();
  }
  const refresh = createRefresher(readGauges, { everyMs: 0, keepMs: 0, clock });

  async function collect(): Promise<NonNullable<typeof kept>> {
    await refresh();
    const collected = await exporter.collect();
    kept = { collected, texts: new Map(), untilMs: clock.monotonicMs() + keepMs };
    return kept;
  }

  /** The text of one service, or of all: made once from what was collected. */
  function textOf({ collected: { resourceMetrics }, texts }: NonNullable<typeof kept>, service?: string): string {
    let text = texts.get(service);
    if (text === undefined) {
      text = asCounters(serializer.serialize(ofService(resourceMetrics, service)));
      texts.set(service, text);
    }
    return text;
  }

  return {
    add: (name, labels = [], count = 1) => void (find(name, labels).value += count),
    set: (name, labels, value) => void (find(name, labels).value = value),
    observe: (name, labels, seconds) => {
      const { each, attributes } = histograms.get(name)!;
      const key = labels.length === 1 ? labels[0]! : labels.join("|");
      let known = attributes.get(key);
      if (!known) {
        known = Object.fromEntries(HISTOGRAMS[name].labels.map((label, index) => [label, labels[index]]));
        attributes.set(key, known);
      }
      for (const histogram of each) histogram.record(seconds, known);
    },
    beforeScrape: (refresh, everyMs = 0) => void refreshers.push(createRefresher(refresh, { everyMs, keepMs, clock })),
    scrape: async (service) => {
      if (kept && clock.monotonicMs() < kept.untilMs) return textOf(kept, service);
      running ??= collect().finally(() => running = undefined);
      return textOf(await running, service);
    },
    stop: () => provider.shutdown(),
  };
}

/** Each way to take one value of each list, in the order of the lists. */
function combinations(lists: readonly (readonly string[])[]): string[][] {
  return lists.reduce<string[][]>((made, list) => made.flatMap((one) => list.map((value) => [...one, value])), [[]]);
}

function sumOf(values: ReadonlyMap<string, Series>, fits: (one: Series) => boolean): number {
  let sum = 0;
  for (const one of values.values()) if (fits(one)) sum += one.value;
  return sum;
}

type ResourceMetrics = CollectionResult["resourceMetrics"];
type MetricData = ResourceMetrics["scopeMetrics"][number]["metrics"][number];

/** Without the series of other services, and without metrics that have no other. */
function ofService(all: ResourceMetrics, service: string | undefined): ResourceMetrics {
  if (service === undefined) return all;
  const scopeMetrics = all.scopeMetrics.map((scope) => ({
    ...scope,
    metrics: scope.metrics.map((metric) => {
      const points = metric.dataPoints as { attributes: Attributes }[];
      return {
        ...metric,
        dataPoints: points.filter(({ attributes }) => (attributes.service ?? service) === service),
      } as unknown as MetricData;
    }).filter(({ dataPoints }) => dataPoints.length > 0),
  }));
  return { ...all, scopeMetrics };
}

/** Counters whose documented names do not end in _total, which OpenTelemetry would add to a counter. */
const BARE_COUNTERS: ReadonlySet<string> = new Set(
  Object.entries(INSTRUMENTS).filter(([name, { kind }]) => isBareCounter(name, kind)).map(([name]) => name),
);

function isBareCounter(name: string, kind: Instrument["kind"]): boolean {
  return kind === "counter" && !name.endsWith("_total");
}

/** The text with those counters called what they are: the exporter knows them as gauges. */
function asCounters(text: string): string {
  return text.replaceAll(
    /^# TYPE (\w+) gauge$/gm,
    (line, name: string) => BARE_COUNTERS.has(name) || name.startsWith(PER_EVENT) ? `# TYPE ${name} counter` : line,
  );
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

/** The same for the text, where a counter must keep its name. */
function scraped(meter: Meter, name: string, instrument: Instrument) {
  return observable(meter, name, isBareCounter(name, instrument.kind) ? { ...instrument, kind: "gauge" } : instrument);
}

const PER_EVENT = "webhooks_received_";

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
    const name = `${PER_EVENT}${event.toLowerCase()}`;
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
