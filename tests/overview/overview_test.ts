/** Tests of the overview's numbers on known rows: hours, the period before, bounds, failures, latencies, dead events, and another tenant's. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { Database } from "../../src/db/db.ts";
import { hoursOf, periodOf } from "../../src/overview/events.ts";
import { createOverviewStore } from "../../src/overview/overview.ts";
import { countRuns } from "../../src/overview/runs.ts";
import { addInstallation } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

const NOW_MS = Date.UTC(2026, 10, 21, 8, 15);
const HOUR_MS = 3_600_000;
const clock = { now: () => NOW_MS, monotonicMs: () => NOW_MS, sleep: () => new Promise<void>(() => {}) };
const ago = (ms: number) => new Date(NOW_MS - ms);

async function addFlow({ sql }: Database, fields: { installationId: number; name: string; builtin?: string }) {
  const [row] = await sql<{ id: number }[]>`
    with plan as (insert into plan (installation_id, body) values (${fields.installationId}, '{}') returning id)
    insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id, builtin)
    select ${fields.installationId}, 'w', ${fields.name}, true, '{}', id, ${
    fields.builtin ?? null
  } from plan returning id`;
  return row!.id;
}

interface RunFields {
  installationId: number;
  flowId: number;
  eventId: number;
  createdAt: Date;
  state?: string;
  error?: [code: string, message: string];
  /** Milliseconds after `createdAt`. */
  startedMs?: number;
  finishedMs?: number;
  replay?: number;
}

async function addRun({ sql }: Database, fields: RunFields): Promise<string> {
  const { createdAt, state = "completed", error = [], startedMs = 0, finishedMs = 0, replay = 0 } = fields;
  const at = (ms: number) => new Date(createdAt.getTime() + ms);
  const over = ["completed", "failed", "cancelled"].includes(state);
  const [row] = await sql<{ id: string }[]>`
    insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, replay, state, error_code,
      error_message, created_at, started_at, finished_at)
    values (gen_random_uuid(), ${fields.installationId}, 'w', ${fields.flowId}, 1, 1, ${fields.eventId}, ${replay}, ${state},
      ${error[0] ?? null}, ${error[1] ?? null}, ${createdAt}, ${at(startedMs)}, ${over ? at(finishedMs) : null})
    returning id`;
  return row!.id;
}

async function addEvent(
  { sql }: Database,
  { installationId, id, receivedAt, outcome = "dispatched" }: {
    installationId: number;
    id: number;
    receivedAt: Date;
    outcome?: string;
  },
) {
  await sql`
    insert into event (installation_id, id, workspace_id, event_type, entity_key, received_at, request_id, headers, body, outcome)
    values (${installationId}, ${id}, 'w', 'A', 'e', ${receivedAt}, 'r', '{}', '', ${outcome})`;
}

Deno.test("periodOf() begins at a full hour, and the present hour is one of its hours", () => {
  const period = periodOf(NOW_MS, 3);
  assertEquals(period.from.toISOString(), "2026-11-21T06:00:00.000Z");
  assertEquals(hoursOf(period).map((hour) => hour.getUTCHours()), [6, 7, 8]);
});

Deno.test("events come from the tally: every hour, the types, and the same length of the period before", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  const other = await addInstallation(db);
  const tally = (id: number, hour: number, type: string, stored: number, duplicates: number) =>
    db.sql`
    insert into event_tally (installation_id, hour, event_type, stored, duplicates, last_at)
    values (${id}, ${new Date(Date.UTC(2026, 10, 21, hour))}, ${type}, ${stored}, ${duplicates},
      ${new Date(Date.UTC(2026, 10, 21, hour, 10))})`;
  await tally(installationId, 8, "A", 3, 1);
  await tally(installationId, 8, "B", 4, 0);
  await tally(installationId, 7, "A", 5, 2);
  // The period before is 5:00 to 7:00; a quarter of this hour is over, so a quarter of its last hour counts.
  await tally(installationId, 6, "A", 8, 0);
  await tally(installationId, 5, "A", 10, 0);
  await tally(installationId, 4, "A", 100, 0);
  await tally(other, 8, "C", 50, 50);
  const { events, runs, latency, failures, deadEvents } = await createOverviewStore({ db, clock, limitBytes: 0 })
    .numbers(installationId, 2);
  assertEquals(events, {
    total: 12,
    previousTotal: 12,
    duplicates: 3,
    byHour: [
      { hour: new Date("2026-11-21T07:00:00Z"), stored: 5, duplicates: 2 },
      { hour: new Date("2026-11-21T08:00:00Z"), stored: 7, duplicates: 1 },
    ],
    byType: [{ eventType: "A", count: 8 }, { eventType: "B", count: 4 }],
    lastEventAt: new Date("2026-11-21T08:10:00Z"),
  });
  assertEquals([runs.total, runs.countedSince, failures, deadEvents], [0, null, [], 0]);
  assertEquals(latency, { sample: 0, p50Ms: null, p95Ms: null, queueP95Ms: null, actionP95Ms: null, byHour: [] });
  await stop();
});

Deno.test("runs are counted by state and hour, failures by flow and cause, over one installation only", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  const other = await addInstallation(db);
  const flowId = await addFlow(db, { installationId, name: "Tag it" });
  const forwarding = await addFlow(db, { installationId, name: "Forwarding", builtin: "forwarding" });
  await db.sql`update flow set deleted_at = now() where id = ${flowId}`;
  const foreign = await addFlow(db, { installationId: other, name: "Foreign" });
  let eventId = 0;
  const run = (hoursAgo: number, fields: Partial<RunFields> = {}) =>
    addRun(db, { installationId, flowId, eventId: ++eventId, createdAt: ago(hoursAgo * HOUR_MS), ...fields });
  await run(0.1);
  await run(1);
  await run(1, { state: "waiting" });
  await run(1, { state: "cancelled" });
  await run(23.5);
  await run(1.1, { state: "failed", error: ["UPSTREAM_REJECTED", "older"] });
  const newest = await run(1, { state: "failed", error: ["UPSTREAM_REJECTED", "newer"] });
  const forwarded = await run(0.2, { flowId: forwarding, state: "failed", error: ["TIMEOUT", "late"] });
  await run(0, { installationId: other, flowId: foreign, state: "failed", error: ["X", "foreign"] });

  const { runs, failures } = await createOverviewStore({ db, clock, limitBytes: 0 }).numbers(installationId, 24);
  assertEquals(
    { ...runs, byHour: runs.byHour.filter(({ completed, failed, other }) => completed + failed + other > 0) },
    {
      total: 7,
      completed: 2,
      failed: 3,
      active: 1,
      byHour: [
        { hour: new Date("2026-11-21T07:00:00Z"), completed: 1, failed: 2, other: 2 },
        { hour: new Date("2026-11-21T08:00:00Z"), completed: 1, failed: 1, other: 0 },
      ],
      countedSince: null,
    },
  );
  assertEquals(runs.byHour.length, 24);
  assertEquals(failures, [
    {
      flowId: null,
      flowName: "Forwarding",
      errorCode: "TIMEOUT",
      message: "late",
      count: 1,
      lastAt: ago(0.2 * HOUR_MS),
      runId: forwarded,
    },
    {
      flowId,
      flowName: "Tag it",
      errorCode: "UPSTREAM_REJECTED",
      message: "newer",
      count: 2,
      lastAt: ago(HOUR_MS),
      runId: newest,
    },
  ]);
  await stop();
});

Deno.test("countRuns() counts the newest runs when there are more than it may count, and says since when", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  const flowId = await addFlow(db, { installationId, name: "Busy" });
  const period = periodOf(NOW_MS, 24);
  const lengthMs = period.to.getTime() - period.from.getTime();
  await db.sql`
    insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, state, created_at)
    select gen_random_uuid(), ${installationId}, 'w', ${flowId}, 1, 1, n, 'completed',
      ${period.to}::timestamptz - n * (${lengthMs}::float8 / 2000) * interval '1 millisecond'
    from generate_series(1, 2000) n`;
  const count = (maxCounted: number) =>
    db.scoped(
      { installationIds: [installationId] },
      (sql) => countRuns(sql, installationId, { ...period, maxCounted }),
    );
  const all = await count(4_000);
  assertEquals([all.total, all.countedSince], [2_000, null]);
  const some = await count(500);
  assert(some.total > 450 && some.total <= 501, String(some.total));
  const countedMs = period.to.getTime() - some.countedSince!.getTime();
  assert(Math.abs(countedMs - lengthMs * some.total / 2_000) < lengthMs / 1_000, "since when fits how many");
  assertStrictEquals(some.byHour.reduce((sum, { completed }) => sum + completed, 0), some.total);
  await stop();
});

Deno.test("latencies are percentiles from receipt to end over the newest 500 own runs of events", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  const flowId = await addFlow(db, { installationId, name: "One" });
  // 1 to 101 ms until the start, ten times as long until the end: percentiles fall on whole numbers.
  for (let n = 1; n <= 101; n++) {
    const receivedAt = ago(n * 1_000);
    await addEvent(db, { installationId, id: n, receivedAt });
    await addRun(db, {
      installationId,
      flowId,
      eventId: n,
      createdAt: receivedAt,
      startedMs: n,
      finishedMs: 10 * n,
    });
  }
  const slow = { installationId, flowId, createdAt: ago(10), finishedMs: 1_000_000 };
  // A replay, a run that is not over, and one whose event is gone are not measured.
  await addRun(db, { ...slow, eventId: 1, replay: 1 });
  await addRun(db, { ...slow, eventId: 500, state: "running" });
  await addRun(db, { ...slow, eventId: 501 });
  const { latency } = await createOverviewStore({ db, clock, limitBytes: 0 }).numbers(installationId, 1);
  const byHour = [{ hour: new Date("2026-11-21T08:00:00Z"), p95Ms: 960 }];
  assertEquals(latency, { sample: 101, p50Ms: 510, p95Ms: 960, queueP95Ms: 96, actionP95Ms: 864, byHour });
  await stop();
});

Deno.test("dead events are those that were given up in the period and are still dead", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  const job = (eventId: number, fields: { state: string; hoursAgo: number; kind?: string }) =>
    db.sql`
    insert into job (kind, installation_id, state, payload, finished_at) values (${
      fields.kind ?? "event"
    }, ${installationId},
      ${fields.state}, jsonb_build_object('event_id', ${eventId}::bigint), ${ago(fields.hoursAgo * HOUR_MS)})`;
  const outcomes = ["dead", "dispatched", "dead", "dead", "dead"];
  for (const [index, outcome] of outcomes.entries()) {
    await addEvent(db, { installationId, id: index + 1, receivedAt: ago(HOUR_MS), outcome });
  }
  await job(1, { state: "discarded", hoursAgo: 1 });
  await job(2, { state: "discarded", hoursAgo: 1 });
  await job(3, { state: "discarded", hoursAgo: 30 });
  await job(4, { state: "cancelled", hoursAgo: 1 });
  await job(5, { state: "discarded", hoursAgo: 1, kind: "poll" });
  const { deadEvents } = await createOverviewStore({ db, clock, limitBytes: 0 }).numbers(installationId, 24);
  assertEquals(deadEvents, 1);
  await stop();
});
