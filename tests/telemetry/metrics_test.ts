/** Tests of the metrics: names, labels and values as Prometheus reads them. */

import { assert, assertEquals, assertNotMatch, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import type { Clock } from "../../src/base/clock.ts";
import { CALL_OUTCOMES } from "../../src/calls/call_row.ts";
import { CALL_ORIGINS } from "../../src/clockify/call_origin.ts";
import { watchServices } from "../../src/app/gauges.ts";
import { JOB_KINDS } from "../../src/queue/queue.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";

let nowMs = 0;
const clock: Clock = { now: () => nowMs, monotonicMs: () => nowMs, sleep: () => new Promise(() => {}) };
const start = () =>
  createMetrics({ clock, services: ["api-studio"], eventTypes: ["NEW_TAG"], reasons: ["signature_invalid"] });

interface Exposition {
  /** Type by family name. */
  types: Map<string, string>;
  /** Value by `name{labels}` as printed. */
  samples: Map<string, number>;
}

/** Reads Prometheus text 0.0.4 strictly: each line is a comment of a known kind or a sample. */
function parse(text: string): Exposition {
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("# HELP ") || line.startsWith("# UNIT ")) continue;
    const type = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line);
    if (type) {
      assert(!types.has(type[1]!), `family ${type[1]} stands twice`);
      types.set(type[1]!, type[2]!);
      continue;
    }
    const sample = /^([a-z_][a-z0-9_]*(?:\{\w+="[^"\\]*"(?:,\w+="[^"\\]*")*\})?) (\S+)$/.exec(line);
    assert(sample, `not a sample: ${line}`);
    assert(!samples.has(sample[1]!), `series ${sample[1]} stands twice`);
    samples.set(sample[1]!, Number(sample[2]));
  }
  return { types, samples };
}

Deno.test("scrape() names deliveries as the earlier service does, once in all and once per event", async () => {
  const metrics = start();
  metrics.add("webhooks_received_total", ["api-studio", "NEW_TAG", "stored"], 2);
  metrics.add("webhooks_received_total", ["api-studio", "NEW_TAG", "duplicate"]);
  metrics.add("webhooks_errors_total", ["api-studio", "signature_invalid"]);
  const { types, samples } = parse(await metrics.scrape());
  assertEquals(types.get("webhooks_received_total"), "counter");
  const received = 'webhooks_received_total{service="api-studio",event_type="NEW_TAG",outcome="stored"}';
  assertEquals(samples.get(received), 2);
  assertEquals(samples.get('webhooks_received_new_tag{service="api-studio"}'), 3);
  assertEquals(samples.get('webhooks_errors_total{service="api-studio",reason="signature_invalid"}'), 1);
  await metrics.stop();
});

Deno.test("scrape() keeps the names without _total as the documents spell them", async () => {
  const metrics = start();
  for (const name of ["flows_executed_total", "flows_executed_completed", "flows_executed_failed"] as const) {
    metrics.add(name, ["api-studio"]);
  }
  metrics.add("rate_limiter_waits", ["api-studio"]);
  const { samples, types } = parse(await metrics.scrape());
  for (
    const name of ["flows_executed_total", "flows_executed_completed", "flows_executed_failed", "rate_limiter_waits"]
  ) {
    assertEquals(samples.get(`${name}{service="api-studio"}`), 1, name);
    assertEquals(types.get(name), "counter", name);
  }
  await metrics.stop();
});

Deno.test("an event type outside the closed list becomes other", async () => {
  const metrics = start();
  metrics.add("webhooks_received_total", ["api-studio", 'X"} 1\nfake', "stored"]);
  metrics.add("webhooks_received_total", ["api-studio", "MADE_UP", "stored"]);
  const { samples } = parse(await metrics.scrape());
  const other = 'webhooks_received_total{service="api-studio",event_type="other",outcome="stored"}';
  assertEquals(samples.get(other), 2);
  await metrics.stop();
});

Deno.test("durations are histograms in seconds with explicit buckets", async () => {
  const metrics = start();
  metrics.observe("api_request_duration_seconds", ["api-studio", "/healthz"], 0.004);
  metrics.observe("api_request_duration_seconds", ["api-studio", "/healthz"], 0.2);
  const { types, samples } = parse(await metrics.scrape());
  const at = (part: string, le = "") =>
    samples.get(`api_request_duration_seconds_${part}{service="api-studio",route="/healthz"${le && `,le="${le}"`}}`);
  assertEquals(types.get("api_request_duration_seconds"), "histogram");
  assertEquals([at("bucket", "0.0025"), at("bucket", "0.005"), at("bucket", "+Inf"), at("count")], [0, 1, 2, 2]);
  await metrics.stop();
});

Deno.test("scrape() refreshes gauges first, goes on without those that fail, and tells nothing of the process", async () => {
  nowMs = 0;
  const metrics = start();
  metrics.beforeScrape(() => Promise.resolve(metrics.set("queue_jobs", ["run", "available"], 7)));
  metrics.beforeScrape(() => Promise.reject(new Error("database is away")));
  nowMs = 90_000;
  const text = await metrics.scrape();
  const { samples } = parse(text);
  assertEquals(samples.get('queue_jobs{kind="run",state="available"}'), 7);
  assertEquals(samples.get('addon_uptime_seconds{service="api-studio"}'), 90);
  assertNotMatch(text, /target_info|otel_scope/);
  const ofProcess = [...samples.keys()].filter((name) => name.startsWith("process_")).toSorted();
  assertEquals(ofProcess, [
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
  ]);
  assert(ofProcess.every((name) => samples.get(name)! >= 0) && samples.get("process_resident_memory_bytes")! > 1e6);
  await metrics.stop();
});

Deno.test("scrape() makes one answer at a time, keeps it for 5 s, and reads no slow gauge twice at once", async () => {
  nowMs = 0;
  const metrics = start();
  const reads = { quick: 0, slow: 0, seldom: 0 };
  const gate: { current?: Promise<void> } = { current: Promise.resolve() };
  metrics.beforeScrape(() => Promise.resolve(void reads.quick++));
  metrics.beforeScrape(() => Promise.resolve(void reads.seldom++), 60_000);
  metrics.beforeScrape(async () => {
    reads.slow++;
    await gate.current;
  });
  const texts = await Promise.all(Array.from({ length: 200 }, () => metrics.scrape()));
  assertEquals(new Set(texts).size, 1);
  assertEquals(reads, { quick: 1, slow: 1, seldom: 1 });
  metrics.add("flows_executed_total", ["api-studio"]);
  nowMs = 4_999;
  assertStrictEquals(await metrics.scrape(), texts[0]);
  nowMs = 5_000;
  assertNotStrictEquals(await metrics.scrape(), texts[0]);
  assertEquals(reads, { quick: 2, slow: 2, seldom: 1 });
  nowMs = 60_000;
  await metrics.scrape();
  assertEquals(reads, { quick: 3, slow: 3, seldom: 2 });
  await metrics.stop();
});

Deno.test("scrape() of a service has its series and those of the process; of none, each series once", async () => {
  const metrics = createMetrics({
    clock,
    services: ["a", "b"],
    listeners: ["operators"],
    eventTypes: ["NEW_TAG"],
    reasons: ["rate_limited"],
    keepMs: 0,
  });
  metrics.add("webhooks_received_total", ["a", "NEW_TAG", "stored"], 3);
  metrics.add("webhooks_received_total", ["b", "NEW_TAG", "stored"], 4);
  metrics.add("api_requests_total", ["operators", "GET", "200", "/healthz"]);
  metrics.observe("clockify_api_latency_seconds", ["b"], 0.2);
  metrics.set("redis_up", ["budgets"], 1);
  const [all, ...each] = await Promise.all([undefined, "a", "b", "operators"].map(async (service) => {
    const { samples } = parse(await metrics.scrape(service));
    return samples;
  }));
  const services = ["a", "b", "operators"];
  const sum = (samples: Map<string, number>, family: RegExp) =>
    [...samples].filter(([name]) => family.test(name)).reduce((total, [, value]) => total + value, 0);
  assertEquals(sum(all!, /^webhooks_received_total\{/), 7);
  assertEquals(each.reduce((total, samples) => total + sum(samples, /^webhooks_received_total\{/), 0), 7);
  for (const [index, samples] of each.entries()) {
    const named = [...samples.keys()].flatMap((name) => /service="([^"]*)"/.exec(name)?.[1] ?? []);
    assertEquals([...new Set(named)], [services[index]]);
    assertEquals(samples.get('redis_up{use="budgets"}'), 1);
  }
  const together = new Set(each.flatMap((samples) => [...samples.keys()]));
  assertEquals(together, new Set(all!.keys()));
  assertEquals(all!.get('clockify_webhook_events_total{service="b"}'), 4);
  await metrics.stop();
});

Deno.test("a counter whose labels are known is 0 before it first happens, for add-ons alone where it is theirs", async () => {
  const metrics = createMetrics({
    clock,
    services: ["a"],
    listeners: ["operators"],
    eventTypes: ["NEW_TAG"],
    reasons: ["rate_limited", "login_invalid"],
  });
  const { samples } = parse(await metrics.scrape());
  for (
    const name of [
      'webhooks_received_total{service="a",event_type="NEW_TAG",outcome="duplicate"}',
      'webhooks_errors_total{service="a",reason="rate_limited"}',
      'logins_refused_total{service="a",reason="login_invalid"}',
      'api_calls_total{service="a",outcome="limited"}',
      'flows_executed_failed{service="a"}',
      'flows_actions_retried_total{service="a",action="http"}',
      'clockify_api_retries_total{service="a"}',
      ...CALL_ORIGINS.map((origin) => `clockify_api_calls_by_origin_total{service="a",origin="${origin}"}`),
      ...CALL_OUTCOMES.map((outcome) => `api_calls_total{service="a",outcome="${outcome}"}`),
      'call_records_dropped_total{cause="full"}',
      ...JOB_KINDS.map((kind) => `dead_letters_total{kind="${kind}"}`),
      'clockify_lifecycle_events_failed_total{service="a",event="DELETED"}',
      'api_request_latency_seconds_total{service="operators"}',
      "rate_limit_fallback_total",
    ]
  ) assertEquals(samples.get(name), 0, name);
  const ofOperators = [...samples.keys()].filter((name) => name.includes('"operators"'));
  assert(
    ofOperators.length > 0 &&
      ofOperators.every((name) => /^(api_|addon_uptime|workflow_executions_total|run_webhook_)/.test(name)),
    ofOperators.join(),
  );
  await metrics.stop();
});

Deno.test("gauges of several databases are added up and name none of them", async () => {
  const metrics = createMetrics({ clock, services: ["a", "b"], eventTypes: [], reasons: [], keepMs: 0 });
  const jobs = [{ kind: "run", state: "available", count: 3 }];
  const of = (service: string, seconds: number, counts: typeof jobs) =>
    watchServices({
      metrics,
      ingest: { waiting: () => counts.length, waitingBytes: () => 100 * counts.length },
      people: { waiting: () => 0 },
      calls: { waiting: () => 7 * counts.length },
      approvals: { countOpen: () => Promise.resolve(5 * counts.length) },
      retention: { secondsSinceFinish: () => Promise.resolve(seconds) },
      schedules: { secondsLate: () => Promise.resolve(seconds / 100) },
      queue: { counts: () => Promise.resolve(counts) },
      backups: () => Promise.resolve({ last: { madeAt: 1_700_000_000, bytes: 9_000, seconds: 2 } }),
    }, { services: [service] });
  of("a", 10, jobs);
  of("b", 20, [{ kind: "run", state: "available", count: 4 }]);
  const run = 'queue_jobs{kind="run",state="available"}';
  for (const expected of [7, 7]) {
    const { samples } = parse(await metrics.scrape());
    assertEquals([samples.get(run), samples.get("ingest_waiting"), samples.get("ingest_waiting_bytes")], [
      expected,
      2,
      200,
    ]);
    assertEquals(samples.get("call_records_waiting"), 14);
    assertEquals(samples.get("approvals_open"), 10);
    assertEquals(samples.get("backup_last_success_timestamp_seconds"), 1_700_000_000, "one backup is of all databases");
    assertEquals(samples.get('retention_last_run_seconds{service="a"}'), 10);
    assertEquals(samples.get('retention_last_run_seconds{service="b"}'), 20);
    assertEquals(samples.get('schedule_late_seconds{service="a"}'), 0.1);
    assertEquals(samples.get('schedule_late_seconds{service="b"}'), 0.2);
  }
  jobs.length = 0;
  const { samples } = parse(await metrics.scrape());
  assertEquals([samples.get(run), samples.get("ingest_waiting")], [4, 1]);
  await metrics.stop();
});
