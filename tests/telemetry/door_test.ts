/** Tests of what the program's own numbers say, beside what Clockify (the simulator) saw of it. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { stopSharedDatabase } from "../support/database.ts";
import { ask } from "../http/door.ts";
import { eventually, startWorld } from "../support/world.ts";

Deno.test.afterAll(stopSharedDatabase);

/** Value by `name{labels}`. */
async function scrape(url: string): Promise<Map<string, number>> {
  const { status, body } = await ask(url);
  assertEquals(status, 200, JSON.stringify(body));
  const lines = (body as string).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

function sum(samples: Map<string, number>, family: string): number {
  return [...samples].filter(([name]) => name.startsWith(`${family}{`)).reduce((total, [, value]) => total + value, 0);
}

const WAITING = "database_pool_waiting";
const EVENT = "TIMER_STOPPED";

Deno.test("METRICS_PORT shows every service once and counts every call that Clockify received, and no public listener shows any", async () => {
  const world = await startWorld({ env: { METRICS_PORT: "0" } });
  try {
    const { webhooks } = await world.install("universal_webhook");
    const headers = { ...await world.viewer("universal_webhook"), "content-type": "application/json" };
    const base = world.url("universal_webhook");
    const flow = {
      name: "One call",
      trigger_event_types: [EVENT],
      actions: [{ id: "make_tag", operation_id: "createNewTag", body: { name: "{{ concat('t-', $.webhook.id) }}" } }],
    };
    assertEquals((await ask(`${base}/ui/flows`, { headers, body: flow })).status, 201);
    const signed = {
      "clockify-signature": webhooks.find(({ event }) => event === EVENT)!.authToken,
      "clockify-webhook-event-type": EVENT,
    };
    const body = { id: "counted-1", workspaceId: world.workspaceId };
    assertEquals((await ask(`${base}/webhooks/clockify/${EVENT}`, { headers: signed, body })).status, 200);
    await eventually(async () =>
      (await world.database.db.sql`select 1 from run where state = 'completed'`).length === 1
    );

    const url = `http://127.0.0.1:${world.serving.metricsPort}/metrics`;
    const seen = await eventually(async () => {
      const before = world.simulator.requests.length;
      const samples = await scrape(url);
      // The workspace's lists are read meanwhile.
      const settled = before > 10 && world.simulator.requests.length === before;
      return settled && sum(samples, "api_calls_total") === before && samples;
    });
    assertStrictEquals(sum(seen, "clockify_api_calls_total"), sum(seen, "api_calls_total"));
    assertEquals(seen.get('clockify_api_calls_total{service="universal-webhook",operation="createNewTag"}'), 1);
    assert(seen.get('api_calls_total{service="universal-webhook",outcome="succeeded"}')! > 5, "lists were read too");
    assertStrictEquals(sum(seen, "clockify_api_calls_by_origin_total"), sum(seen, "api_calls_total"));
    assertEquals(seen.get('clockify_api_calls_by_origin_total{service="universal-webhook",origin="flow"}'), 1);
    assertEquals(seen.get('clockify_api_calls_by_origin_total{service="universal-webhook",origin="settings"}'), 1);
    assertStrictEquals(sum(seen, "clockify_api_latency_seconds_count"), sum(seen, "api_calls_total"));
    assertEquals(seen.get('flows_executed_completed{service="universal-webhook"}'), 1);
    assertEquals(
      seen.get('flows_actions_executed{service="universal-webhook",action="clockify",outcome="succeeded"}'),
      1,
    );
    assertEquals(seen.get('events_dispatched_total{service="universal-webhook",outcome="dispatched"}'), 1);
    assertEquals(seen.get('clockify_lifecycle_events_total{service="universal-webhook",event="INSTALLED"}'), 1);
    assertEquals(sum(seen, "flows_executed_total"), 1);
    const pool = ["in_use", "free"].map((state) => seen.get(`database_pool_connections{state="${state}"}`));
    const { pool: usage } = world.database.db;
    if (usage) assert(pool[0]! >= 0 && pool[0]! + pool[1]! === usage().inUse + usage().free && seen.has(WAITING));
    else assertEquals(pool, [undefined, undefined]);
    assert(![...seen.keys()].some((name) => name.includes(world.workspaceId)), "names no workspace");

    const operators = `http://127.0.0.1:${world.serving.operatorPort}`;
    for (const open of [base, world.url("api_studio"), world.url("clockify_addon"), operators]) {
      assertEquals((await ask(`${open}/metrics`)).status, 404);
    }
  } finally {
    await world.stop();
  }
});

Deno.test("what the listeners show adds up: each event and each call stands in one of them", async () => {
  const world = await startWorld({ env: { RATE_LIMIT_RPS: "1" } });
  try {
    await world.install("universal_webhook");
    const urls = [
      ...(["api_studio", "universal_webhook", "clockify_addon"] as const).map(world.url),
      `http://127.0.0.1:${world.serving.operatorPort}`,
    ];
    const all = await eventually(async () => {
      const before = world.simulator.requests.length;
      const each = await Promise.all(urls.map((url) => scrape(`${url}/metrics`)));
      const calls = each.reduce((total, samples) => total + sum(samples, "api_calls_total"), 0);
      return before > 10 && world.simulator.requests.length === before && calls === before && each;
    });
    const [studio, universal] = all;
    assertEquals(sum(studio!, "api_calls_total"), 0);
    const waits = 'rate_limiter_waits{service="universal-webhook"}';
    const held = ["waited", "refused"].map((event) =>
      universal!.get(`clockify_rate_limit_events_total{service="universal-webhook",event="${event}"}`)!
    );
    assert(universal!.get(waits)! > 0);
    assertEquals(universal!.get(waits), held[0]! + held[1]!);
    for (const samples of all) assert(samples.get("process_resident_memory_bytes")! > 1e6);
  } finally {
    await world.stop();
  }
});
