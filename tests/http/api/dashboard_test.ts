/** Tests of GET /ui/dashboard, and of the tally behind it. */

import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../../src/base/clock.ts";
import { createTally } from "../../../src/ingest/tally.ts";
import { createLogger } from "../../../src/telemetry/log.ts";
import { stopSharedDatabase, testDatabase } from "../../support/database.ts";
import { eventually, startWorld } from "../../support/world.ts";
import { addInstallation } from "../../db/rows.ts";
import { ask, assertProblem } from "../door.ts";

Deno.test.afterAll(stopSharedDatabase);

const EVENT = "TIMER_STOPPED";
const HOUR_MS = 3_600_000;

Deno.test("the dashboard counts flows, deliveries and runs of its own workspace", async () => {
  const world = await startWorld();
  const { simulator, workspaceId } = world;
  await world.install("universal_webhook");
  const other = (await simulator.workspaces())[1]!.id;
  await world.install("universal_webhook", other);
  const headers = await world.viewer("universal_webhook", { userId: world.memberId });
  const url = `${world.url("universal_webhook")}/ui/dashboard`;
  const page = await fetch(`${url}?auth_token=t`, { redirect: "manual", headers: { accept: "text/html,*/*;q=0.8" } });
  assertEquals([page.status, page.headers.get("location")], [302, "../ui?auth_token=t"]);
  await page.body?.cancel();
  const before = await ask(url, { headers });
  assertEquals(before.status, 200, JSON.stringify(before.body));
  assertEquals(before.body, {
    workspace_id: workspaceId,
    bootstrap: before.body.bootstrap,
    entity_counts: before.body.entity_counts,
    flows: { total: 0, enabled: 0, summary: "0 flows, 0 enabled" },
    recent_activity: { webhooks_24h: 0, executions_24h: 0, summary: "0 webhooks and 0 executions in 24 hours" },
    receiving: { last_event_at: null, events_last_hour: 0 },
  });
  const { bootstrap, entity_counts } = before.body;
  assertEquals(Object.keys(bootstrap), ["status", "progress", "total", "last_error", "updated_at", "status_label"]);
  assertEquals(Object.keys(entity_counts), ["by_type", "total", "summary"]);

  const flows = `${world.url("universal_webhook")}/ui/flows`;
  const owner = await world.viewer("universal_webhook");
  const flow = { name: "Read", trigger_event_types: [EVENT], actions: [{ operation_id: "getTags" }] };
  assertEquals((await ask(flows, { headers: owner, body: flow })).status, 201);
  assertEquals((await ask(flows, { headers: owner, body: { ...flow, name: "Off", enabled: false } })).status, 201);
  const body = { id: "one", workspaceId };
  for (const payload of [body, body, { ...body, id: "two" }]) {
    await simulator.deliver({ workspaceId, event: EVENT, payload });
  }
  await simulator.deliver({ workspaceId: other, event: EVENT, payload: { id: "three", workspaceId: other } });
  const after = await eventually(async () => {
    const { body } = await ask(url, { headers });
    const { webhooks_24h, executions_24h } = body.recent_activity;
    return webhooks_24h === 2 && executions_24h === 2 && body;
  });
  assertEquals(after.flows, { total: 2, enabled: 1, summary: "2 flows, 1 enabled" });
  assertEquals(after.recent_activity.summary, "2 webhooks and 2 executions in 24 hours");
  assert(after.receiving.last_event_at);
  assertEquals(after.receiving.events_last_hour, 2);
  assertProblem(await ask(url), 401, "LOGIN_REQUIRED");
  await world.stop();
});

Deno.test("the tally keeps hours and types apart, adds up over instances, and survives a database that was away", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  let nowMs = Date.UTC(2026, 10, 21, 8, 59, 59);
  const due: (() => void)[] = [];
  const sleep = () => new Promise<void>((wake) => due.push(wake));
  const clock = { now: () => nowMs, monotonicMs: () => nowMs, sleep };
  const log = createLogger({ level: "ERROR", format: "json", clock: systemClock, write: () => {} });
  let away = true;
  const flaky = {
    ...db,
    scoped: ((scope, work) => away ? Promise.reject(new Error("away")) : db.scoped(scope, work)) as typeof db.scoped,
  };
  const one = createTally({ db: flaky, clock, log });
  const two = createTally({ db, clock, log });
  one.add({ installationId, eventType: "A", outcome: "stored" });
  one.add({ installationId, eventType: "A", outcome: "duplicate" });
  await one.flush();
  assertEquals(due.length, 2, "what could not be written has a next time");
  nowMs += HOUR_MS;
  for (const eventType of ["A", "A", "B"]) one.add({ installationId, eventType, outcome: "stored" });
  two.add({ installationId, eventType: "A", outcome: "stored" });
  one.add({ installationId: installationId + 1, eventType: "gone", outcome: "stored" });
  away = false;
  await one.flush();
  await two.flush();
  await one.flush();
  const rows = await db.sql<{ hour: Date; event_type: string; stored: number; duplicates: number; last_at: Date }[]>`
    select hour, event_type, stored, duplicates, last_at from event_tally order by hour, event_type`;
  assertEquals(
    rows.map(({ hour, event_type, stored, duplicates }) => [hour.getUTCHours(), event_type, stored, duplicates]),
    [[8, "A", 1, 1], [9, "A", 3, 0], [9, "B", 1, 0]],
  );
  assertEquals(rows[0]!.last_at.getTime(), nowMs - HOUR_MS);

  const late = { installationId, eventType: "C", outcome: "stored" } as const;
  let meanwhile = () => three.add(late);
  const three = createTally({
    db: {
      ...db,
      scoped: ((scope, work) => {
        meanwhile();
        meanwhile = () => {};
        return db.scoped(scope, work);
      }) as typeof db.scoped,
    },
    clock,
    log,
  });
  three.add(late);
  due.length = 0;
  await three.flush();
  assertEquals(due.length, 1, "what came while a batch was written waits for no further delivery");
  due[0]!();
  const storedLate = () => db.sql<{ stored: number }[]>`select stored from event_tally where event_type = 'C'`;
  await eventually(async () => (await storedLate())[0]?.stored === 2);
  await stop();
});
