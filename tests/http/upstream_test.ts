/**
 * What Clockify's refusals do to runs, seen at the doors: tokens that changed, an add-on that is switched off, 429, budgets of
 * an hour, and claims of an odd form. One process receives, another one over the same database runs the flows.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { allAttempts } from "../../src/flows/store/attempts.ts";
import { systemClock } from "../../src/base/clock.ts";
import { type Serving, start } from "../../src/app/start.ts";
import { newKey } from "../../src/secrets/encryption.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { stopSharedDatabase } from "../support/database.ts";
import { EFFECT, effects, newIds } from "../support/signed_events.ts";
import { configOf, eventually, startWorld, type World, worldEnv } from "../support/world.ts";
import { ask, type Json } from "./door.ts";

const ADDON = "universal_webhook";
const EVENT = "TIMER_STOPPED";
const CREATE = {
  id: "create",
  operation_id: "createTimeEntry",
  body: { start: "2026-11-20T09:00:00Z", end: "2026-11-20T09:30:00Z", description: "$.webhook.id" },
};
const ENV = { PROFILES: ADDON, ENCRYPTION_KEYS: newKey("test") };

let world: World;
let worker: Serving;
let addonId: string;

Deno.test.beforeAll(async () => {
  world = await startWorld({ env: ENV });
  // The first only receives: lifecycle calls are known to it alone.
  await Promise.all(world.serving.core.workers.map((one) => one.stop(1_000)));
  worker = await startAnother();
  ({ addonId } = await world.install(ADDON));
});
Deno.test.afterAll(async () => {
  await worker.stop();
  await world.stop();
  await stopSharedDatabase();
});

/** Another process over the same database. */
async function startAnother(): Promise<Serving> {
  const config = configOf({ ...worldEnv(world.simulator), ...ENV });
  const log = createLogger({ level: "ERROR", format: "json", clock: systemClock, write: () => {} });
  return await start({ config, clock: systemClock, log, database: world.database.db });
}

async function saveFlow(action: Json): Promise<string> {
  const headers = await world.viewer(ADDON);
  const flow = { name: `Flow ${crypto.randomUUID()}`, trigger_event_types: [EVENT], actions: [action] };
  const { status, body } = await ask(`${world.url(ADDON)}/ui/flows`, { headers, body: flow });
  assertEquals(status, 201, JSON.stringify(body));
  return body.id;
}

async function removeFlow(id: string) {
  const { status } = await ask(`${world.url(ADDON)}/ui/flows/${id}`, {
    method: "DELETE",
    headers: await world.viewer(ADDON),
  });
  assert(status < 300, `${status}`);
}

/** Sends an event for each new entity; gives their ids. */
async function deliver(count: number): Promise<string[]> {
  const ids = newIds(count);
  const { simulator, workspaceId } = world;
  for (const id of ids) await simulator.deliver({ workspaceId, event: EVENT, payload: { id, workspaceId } });
  await simulator.settled();
  return ids;
}

interface RunRow {
  state: string;
  error_code: string | null;
  error_message: string | null;
  attempts: string[];
}

/** Runs of a flow with the states of their tries, oldest first. */
async function runsOf(flowId: string): Promise<RunRow[]> {
  return [
    ...await world.database.db.sql<RunRow[]>`
      select state, error_code, error_message, coalesce((
        select json_agg(attempt.state order by number) from ${allAttempts(world.database.db.sql)} attempt
        where attempt.run_id = run.id), '[]') as attempts
      from run where flow_id = ${flowId} order by created_at, id`,
  ];
}

/** A wait of no named time lasts up to 5 s at first and grows: the looks outlast several. */
async function ended(flowId: string, count: number): Promise<RunRow[]> {
  return await eventually(async () => {
    const runs = await runsOf(flowId);
    const over = runs.filter(({ state }) => ["completed", "failed", "cancelled"].includes(state));
    return over.length === count && runs;
  });
}

/** Requests that Clockify refused since this number of requests. */
const refusedSince = (from: number, status: number) =>
  world.simulator.requests.slice(from).filter((request) => request.status === status).length;

const COMPLETED = { state: "completed", error_code: null, error_message: null };

Deno.test("after a reinstall that another instance received, runs go on with the new token at once", async () => {
  const { simulator } = world;
  const flow = await saveFlow(CREATE);
  await deliver(1);
  await ended(flow, 1);
  const requests = simulator.requests.length;
  // No read of the worker's learns of it first.
  await simulator.addFault({ kind: "hang", method: "GET", count: null });
  await simulator.uninstall({ addonId });
  ({ addonId } = await world.install(ADDON));
  const ids = await deliver(20);
  assertEquals(
    await ended(flow, 21),
    Array.from({ length: 21 }, () => ({ ...COMPLETED, attempts: ["succeeded"] })),
  );
  assertEquals(refusedSince(requests, 401), 0, "none of them went out with the old token");
  for (const id of ids) assertEquals(effects(simulator).get(id)!.done, true);
  await simulator.clearFaults();
  await removeFlow(flow);
});

Deno.test("a run waits while Clockify refuses the token, ends with its installation, and waits out a switch-off", async () => {
  const { simulator } = world;
  const flow = await saveFlow(CREATE);
  // The reinstall's INSTALLED is late.
  const held = await simulator.addFault({ kind: "hang", ...EFFECT });
  await deliver(1);
  await eventually(async () => (await runsOf(flow))[0]?.state === "running");
  const requests = simulator.requests.length;
  await simulator.uninstall({ addonId, notify: false });
  await simulator.releaseFaults(held);
  await eventually(async () => (await runsOf(flow))[0]?.state === "waiting");
  ({ addonId } = await world.install(ADDON));
  const [late] = await ended(flow, 1);
  // What the installation before was asked for ends with it, though its uninstall was never reported.
  assertEquals(late, {
    state: "cancelled",
    error_code: null,
    error_message: "The add-on was uninstalled",
    attempts: ["snoozed"],
  });
  assert(refusedSince(requests - 1, 401) > 0);

  const again = await simulator.addFault({ kind: "hang", ...EFFECT });
  await deliver(1);
  await eventually(async () => (await runsOf(flow))[1]?.state === "running");
  await simulator.setStatus({ addonId, status: "INACTIVE" });
  await simulator.releaseFaults(again);
  await eventually(async () => (await runsOf(flow))[1]?.state === "waiting");
  const [job] = await world.database.db.sql<{ reason: string }[]>`
    select reason from job where kind = 'run' and state = 'scheduled'`;
  assertMatch(job!.reason, /token|switched off/);
  await simulator.setStatus({ addonId, status: "ACTIVE" });
  const [, off] = await ended(flow, 2);
  // A try that was put off uses up no attempt: the next one takes its place.
  assertEquals(off, { ...COMPLETED, attempts: ["succeeded"] });
  await removeFlow(flow);
});

Deno.test("429 is no failed try, also of a create that may be sent once only", async () => {
  const { simulator } = world;
  const flow = await saveFlow({ ...CREATE, on_uncertain: "stop", retry: { max_attempts: 1 } });
  await simulator.addFault({ kind: "status", status: 429, count: 2, ...EFFECT });
  const [id] = await deliver(1);
  assertEquals(await ended(flow, 1), [{ ...COMPLETED, attempts: ["succeeded"] }]);
  const { keys } = effects(simulator).get(id!)!;
  assertEquals(keys.length, 3);
  assertEquals(new Set(keys).size, 1);
  await removeFlow(flow);
});

Deno.test("a service whose claim is odd is off alone, with the reason in the run", async () => {
  const { simulator, workspaceId, ownerId } = world;
  const names = { addonKey: "universal-webhook-api", workspaceId, addonId };
  const claims = { reportsUrl: `${simulator.url}/other`, ptoUrl: 4711, screenshotsUrl: "https://example.com/x" };
  const authToken = await simulator.signToken({ kind: "installation", ...names, userId: ownerId, claims });
  const installed = await ask(`${world.url(ADDON)}/lifecycle/installed`, {
    headers: { "x-addon-lifecycle-token": await simulator.signToken({ kind: "lifecycle", ...names }) },
    body: { addonId, authToken, workspaceId, asUser: ownerId, apiUrl: simulator.apiUrl, webhooks: await webhooksOf() },
  });
  assertEquals(installed.status, 200, JSON.stringify(installed.body));
  // Another process, which knows no older hosts.
  await worker.stop();
  worker = await startAnother();
  const report = await saveFlow({
    operation_id: "generateSummaryReport",
    body: {
      dateRangeStart: "2026-01-01T00:00:00Z",
      dateRangeEnd: "2026-01-31T23:59:59Z",
      summaryFilter: { groups: ["USER"] },
    },
  });
  const create = await saveFlow(CREATE);
  await deliver(1);
  assertEquals(await ended(create, 1), [{ ...COMPLETED, attempts: ["succeeded"] }]);
  assertEquals(await ended(report, 1), [{
    state: "failed",
    error_code: "HOST_NOT_ALLOWED",
    error_message:
      `Cannot call generateSummaryReport: the installation's token names no usable reports host (${simulator.url}/other: path /other is not one of Clockify's)`,
    attempts: ["failed"],
  }]);
  await Promise.all([report, create].map(removeFlow));
});

async function webhooksOf() {
  const [one] = (await world.simulator.listInstallations()).filter((one) => one.addonId === addonId);
  return one!.webhooks.map(({ path, authToken }) => ({ path: `/${path}`, webhookType: "ADDON", authToken }));
}

Deno.test("a wait beyond a day fails the run with the reason, and closes the workspace for an hour at most", async () => {
  const { simulator } = world;
  const flow = await saveFlow(CREATE);
  await simulator.addFault({ kind: "status", status: 429, retryAfter: "999999999", ...EFFECT });
  await deliver(1);
  assertEquals(await ended(flow, 1), [{
    state: "failed",
    error_code: "UPSTREAM_RATE_LIMITED",
    error_message:
      "Cannot call createTimeEntry: Clockify asks for a wait of 277,778 hours, and a step waits 24 at most",
    attempts: ["failed"],
  }]);
  await removeFlow(flow);
});

Deno.test("a process that starts later knows the pause and what is left of the hour, and shows both", async () => {
  const { db } = world.database;
  const [row] = await eventually(async () => {
    const rows = await db.sql<{ installation_id: number; paused_until: Date; limit_per_hour: number }[]>`
      select installation_id, paused_until, limit_per_hour from upstream_budget`;
    return rows.length === 1 && rows;
  });
  assertEquals(row!.limit_per_hour, 30, "a wait this long is of a longer window than a second");
  const minute = Math.floor(Date.now() / 60_000);
  await db.sql`update upstream_budget set calls = ${JSON.stringify([[minute, 12]])}::text::json`;
  const later = await startAnother();
  try {
    const { body } = await ask(`http://127.0.0.1:${later.ports[ADDON]}/ui/overview`, {
      headers: await world.viewer(ADDON),
    });
    const { paused_until: pausedUntil, by_minute: byMinute, ...budget } = body.budget;
    assertEquals(byMinute, [{ minute: new Date(minute * 60_000).toISOString(), calls: 12 }]);
    assertEquals(budget, {
      limit_per_second: 50,
      used_last_second: 0,
      waiting: 0,
      limit_per_hour: 30,
      used_last_hour: 12,
    });
    const shown = Date.parse(pausedUntil);
    assert(Math.abs(shown - row!.paused_until.getTime()) < 60_000, pausedUntil);
    assert(shown <= Date.now() + 3_600_000);
  } finally {
    await later.stop();
  }
});
