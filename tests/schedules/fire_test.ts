/** Tests of src/schedules: each slot of a flow starts one run over all instances, or none where nothing may begin. */

import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import type { Database } from "../../src/db/db.ts";
import type { FlowDefinition } from "../../src/flows/shape/definition.ts";
import { createFlowDrafts } from "../../src/flows/store/drafts.ts";
import { startScheduledRuns } from "../../src/flows/triggers/scheduled.ts";
import { createFlowStore } from "../../src/flows/store/store.ts";
import { MAX_CAUGHT_UP } from "../../src/schedules/catch_up.ts";
import { addSchedule, MAX_SCHEDULES } from "../../src/schedules/store.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";
import { addInstallation } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { assertRejectsLike } from "../support/assert_like.ts";
import { addFlow, HOURLY, instance, readRuns, readSchedule, schedule, slotsOf } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

async function withDatabase(body: (db: Database) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    await body(db);
  } finally {
    await stop();
  }
}

const NINE = "2026-11-28T09:00Z";

Deno.test("a slot starts one run of the published plan over two instances, with its instant as input", () =>
  withDatabase(async (db) => {
    const flow = await addFlow(db);
    const nightly = await schedule(db, { ...flow, nextAt: NINE });
    let now = "2026-11-28T08:59:59.999Z";
    const instances = [instance(db, { now: () => now }), instance(db, { now: () => now })];
    const drain = () => Promise.all(instances.map(({ scheduler }) => scheduler.drain()));
    assertEquals(await drain(), [0, 0], "not before its time");
    now = NINE;
    assertEquals((await drain()).sort(), [0, 1]);
    assertEquals(await readRuns(db), [{
      start_key: `schedule:${nightly.id}/2026-11-28T09:00Z`,
      flow_id: flow.flowId,
      flow_version: 3,
      trigger_kind: "schedule",
      state: "pending",
      event_id: null,
      input: { scheduled_at: "2026-11-28T09:00:00.000Z", slot: "2026-11-28T09:00Z", zone: "UTC" },
      queued: true,
    }]);
    assertEquals(instances.map(({ wakes }) => wakes()).sort(), [0, 1], "the queue is woken");
    assertEquals(await readSchedule(db, nightly), {
      next_at: "2026-11-28T10:00:00.000Z",
      last_slot: "2026-11-28T09:00:00.000Z",
      enabled: true,
      fault: null,
    });
    assertEquals(await drain(), [0, 0]);
    now = "2026-11-28T10:00:01Z";
    assertEquals((await drain()).sort(), [0, 1]);
    assertEquals(await slotsOf(db, nightly), ["2026-11-28T09:00Z", "2026-11-28T10:00Z"]);
  }));

Deno.test("a slot whose run was started before starts none, also where its schedule was set back", () =>
  withDatabase(async (db) => {
    const flow = await addFlow(db);
    const nightly = await schedule(db, { ...flow, nextAt: NINE });
    const { scheduler } = instance(db, { now: () => NINE });
    assertEquals(await scheduler.drain(), 1);
    await db.sql`update schedule set next_at = ${new Date(NINE)} where id = ${nightly.id}`;
    assertEquals(await scheduler.drain(), 0);
    assertEquals((await readRuns(db)).length, 1);
    assertEquals((await readSchedule(db, nightly)).next_at, "2026-11-28T10:00:00.000Z");
  }));

Deno.test("an add-on that is uninstalled or switched off fires nothing, and goes on at the next slot when it is back", () =>
  withDatabase(async (db) => {
    for (const status of ["uninstalled", "inactive"] as const) {
      const flow = await addFlow(db, { status });
      const nightly = await schedule(db, { ...flow, nextAt: NINE, policy: "all" });
      let now = "2026-11-28T11:30Z";
      const { scheduler } = instance(db, { now: () => now });
      assertEquals(await scheduler.drain(), 0);
      assertEquals(await slotsOf(db, nightly), []);
      const { next_at, last_slot } = await readSchedule(db, nightly);
      assertEquals([next_at, last_slot], ["2026-11-28T12:00:00.000Z", null], status);
      await db.sql`update installation set status = 'active', generation = 2 where id = ${flow.installationId}`;
      assertEquals(await scheduler.drain(), 0, "what was missed is over");
      now = "2026-11-28T12:00Z";
      assertEquals(await scheduler.drain(), 1);
      assertEquals(await slotsOf(db, nightly), ["2026-11-28T12:00Z"]);
      await db.sql`delete from schedule`;
    }
  }));

Deno.test("a flow that is off, and a workspace whose flows are off, let their slots pass", () =>
  withDatabase(async (db) => {
    const off = await addFlow(db, { enabled: false });
    const on = await addFlow(db);
    const schedules = [await schedule(db, { ...off, nextAt: NINE }), await schedule(db, { ...on, nextAt: NINE })];
    const asked: unknown[] = [];
    const { scheduler } = instance(db, {
      now: () => NINE,
      flowsEnabled: (installation) => {
        asked.push(installation);
        return Promise.resolve(installation.id !== on.installationId);
      },
    });
    assertEquals(await scheduler.drain(), 0);
    assertEquals(await readRuns(db), []);
    for (const one of schedules) assertEquals((await readSchedule(db, one)).next_at, "2026-11-28T10:00:00.000Z");
    // What did not fire is not the last that fired.
    const [passed] = await db.sql`select last_slot, missed_slots from schedule where id = ${schedules[1]!.id}`;
    assertEquals({ ...passed }, { last_slot: null, missed_slots: 1 });
    assertEquals(asked.length, 2);
  }));

Deno.test("a slot runs the version that is published when it fires, and not its draft", () =>
  withDatabase(async (db) => {
    const installationId = await addInstallation(db);
    const store = createFlowStore(db);
    const definition: FlowDefinition = {
      name: "Nightly",
      enabled: true,
      trigger_event_types: ["NEW_TAG"],
      triggers: { schedules: [{ cron: "0 * * * *", zone: "UTC", missed: "one" }] },
      conditions: null,
      actions: [],
      ordered: false,
    };
    const { id: flowId, version } = await store.create(
      { installationId, workspaceId: "w" },
      () => Promise.resolve(definition),
    );
    const [nightly] = await db.sql<{ id: number }[]>`
      update schedule set next_at = ${new Date(NINE)} where flow_id = ${flowId} returning id`;
    let now = NINE;
    const { scheduler } = instance(db, { now: () => now });
    await scheduler.drain();
    await createFlowDrafts(db, { maxBytes: 1_000 }).save(installationId, flowId, {
      definition: { name: "Draft" },
      note: null,
      author: "a",
    });
    now = "2026-11-28T10:00Z";
    await scheduler.drain();
    const { switched } = await store.update(installationId, flowId, {
      definition: { ...definition, name: "Weekly" },
      expectedVersion: version,
    });
    now = "2026-11-28T11:00Z";
    await scheduler.drain();
    await store.turn(installationId, flowId, { enabled: false, expected: { version: version + 1, switched } });
    now = "2026-11-28T12:00Z";
    await scheduler.drain();
    assertEquals((await readRuns(db)).map(({ flow_version, start_key }) => [flow_version, start_key.slice(-17)]), [
      [1, "2026-11-28T09:00Z"],
      [1, "2026-11-28T10:00Z"],
      [2, "2026-11-28T11:00Z"],
    ]);
    const plans = await db.sql<{ same: boolean }[]>`
      select run.plan_id = v.plan_id as same from run join flow_version v
        on v.flow_id = run.flow_id and v.version = run.flow_version`;
    assertEquals(plans.map(({ same }) => same), [true, true, true]);
    const { next_at, enabled } = await readSchedule(db, nightly!);
    assertEquals([next_at, enabled], ["2026-11-28T12:00:00.000Z", false], "a flow that is off has no slots to come");
  }));

Deno.test("after an hour without any instance: no run, one, or one for each slot that was missed", () =>
  withDatabase(async (db) => {
    const flow = await addFlow(db);
    const timing = { cron: "*/20 * * * *", zone: "Europe/Berlin" };
    const made = { skip: await schedule(db, { ...flow, timing, nextAt: NINE, policy: "skip" }) };
    const all = await schedule(db, { ...flow, timing, nextAt: NINE, policy: "all" });
    const one = await schedule(db, { ...flow, timing, nextAt: NINE, policy: "one" });
    await instance(db, { now: () => "2026-11-28T10:05Z" }).scheduler.drain();
    assertEquals(await slotsOf(db, made.skip), []);
    assertEquals(await slotsOf(db, one), ["2026-11-28T10:00Z"]);
    assertEquals(await slotsOf(db, all), [
      "2026-11-28T09:00Z",
      "2026-11-28T09:20Z",
      "2026-11-28T09:40Z",
      "2026-11-28T10:00Z",
    ]);
    for (const { id } of [made.skip, one, all]) {
      assertEquals((await readSchedule(db, { id })).next_at, "2026-11-28T10:20:00.000Z");
    }
    const missed = await db.sql<{ missed_slots: number; at: boolean }[]>`
      select missed_slots, missed_at is not null as at from schedule order by policy`;
    assertEquals(missed.map((row) => [row.missed_slots, row.at]), [[0, false], [3, true], [4, true]]);
  }));

Deno.test("more missed slots than may be made up for are dropped, the oldest of them, and the log says so", () =>
  withDatabase(async (db) => {
    const flow = await addFlow(db);
    const timing = { cron: "* * * * *", zone: "UTC" };
    const minutely = await schedule(db, { ...flow, timing, nextAt: NINE, policy: "all" });
    const { scheduler, logs } = instance(db, { now: () => "2026-11-29T09:00Z" });
    assertEquals(await scheduler.drain(), MAX_CAUGHT_UP);
    const slots = await slotsOf(db, minutely);
    assertEquals([slots.length, slots[0], slots.at(-1)], [MAX_CAUGHT_UP, "2026-11-29T07:21Z", "2026-11-29T09:00Z"]);
    assertEquals(
      logs.map(({ message, schedule_id, before }) => [message, schedule_id, before]),
      [["schedule.slots_dropped", minutely.id, "2026-11-29T07:21:00.000Z"]],
    );
  }));

Deno.test("installations take turns: one with much to make up for does not delay another", () =>
  withDatabase(async (db) => {
    const busy = await addFlow(db);
    const timing = { cron: "* * * * *", zone: "UTC" };
    for (let count = 0; count < 30; count++) await schedule(db, { ...busy, timing, nextAt: NINE, policy: "all" });
    const quiet = await addFlow(db);
    await schedule(db, { ...quiet, nextAt: "2026-11-28T09:20Z" });
    const batches: [boolean, number][] = [];
    const { scheduler } = instance(db, {
      now: () => "2026-11-28T09:20Z",
      startRuns: (_sql, { installationId, slots }) => {
        batches.push([installationId === quiet.installationId, slots.length]);
        return Promise.resolve(slots.length);
      },
    });
    assertEquals(await scheduler.drain(), 30 * 21 + 1);
    const turn = batches.findIndex(([isQuiet]) => isQuiet);
    assert(turn >= 0 && turn <= 1, `it came after ${turn} batches of the other`);
    assertEquals(Math.max(...batches.map(([, slots]) => slots)), 50, "each batch is bounded");
  }));

Deno.test("a firing that fails rests, is rolled back whole, and keeps no other installation waiting", () =>
  withDatabase(async (db) => {
    const [bad, good] = [await addFlow(db), await addFlow(db)];
    const [failing, fine] = [
      await schedule(db, { ...bad, nextAt: NINE }),
      await schedule(db, { ...good, nextAt: NINE }),
    ];
    const clock = createFakeClock();
    let broken = true;
    const { scheduler, logs } = instance(db, {
      now: () => NINE,
      clock,
      startRuns: async (sql, firing) => {
        const started = await startScheduledRuns(sql, firing);
        if (broken && firing.installationId === bad.installationId) throw new Error("broken");
        return started;
      },
    });
    assertEquals(await scheduler.drain(), 1);
    assertEquals([await slotsOf(db, failing), await slotsOf(db, fine)], [[], ["2026-11-28T09:00Z"]]);
    assertEquals((await readSchedule(db, failing)).next_at, "2026-11-28T09:00:00.000Z");
    assertEquals(logs.map(({ message, installation_id }) => [message, installation_id]), [
      ["schedule.failed", bad.installationId],
    ]);
    broken = false;
    assertEquals(await scheduler.drain(), 0, "it rests");
    await clock.advance(10_000);
    assertEquals(await scheduler.drain(), 1);
    assertEquals(await slotsOf(db, failing), ["2026-11-28T09:00Z"]);
  }));

Deno.test("while the database is away no installation rests: its slots fire with the next look", () =>
  withDatabase(async (db) => {
    const flow = await addFlow(db);
    const nightly = await schedule(db, { ...flow, nextAt: NINE });
    let away = true;
    const { scheduler, logs } = instance(db, {
      now: () => NINE,
      startRuns: (sql, firing) => {
        if (away) throw Object.assign(new Error("terminating connection"), { code: "57P01" });
        return startScheduledRuns(sql, firing);
      },
    });
    await assertRejectsLike(scheduler.drain(), /terminating connection/);
    assertEquals([await slotsOf(db, nightly), logs], [[], []]);
    away = false;
    assertEquals(await scheduler.drain(), 1);
    assertEquals(await slotsOf(db, nightly), ["2026-11-28T09:00Z"]);
  }));

Deno.test("a schedule that cannot be read any more is switched off with the reason, and the others fire", () =>
  withDatabase(async (db) => {
    const flow = await addFlow(db);
    const [strange, fine] = [
      await schedule(db, { ...flow, nextAt: NINE }),
      await schedule(db, { ...flow, nextAt: NINE }),
    ];
    await db.sql`update schedule set cron = 'every full moon' where id = ${strange.id}`;
    const { scheduler, logs } = instance(db, { now: () => NINE });
    assertEquals(await scheduler.drain(), 1);
    assertEquals(await slotsOf(db, fine), ["2026-11-28T09:00Z"]);
    const stopped = await readSchedule(db, strange);
    assertEquals([stopped.enabled, stopped.next_at], [false, "2026-11-28T09:00:00.000Z"]);
    assertMatch(stopped.fault!, /./);
    assertEquals(logs.map(({ message, schedule_id }) => [message, schedule_id]), [["schedule.stopped", strange.id]]);
  }));

Deno.test("secondsLate() is the age of the oldest slot that has not fired, of flows and of what recurs", () =>
  withDatabase(async (db) => {
    const flow = await addFlow(db);
    const { scheduler } = instance(db);
    assertEquals(await scheduler.secondsLate(), 0);
    const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000);
    await schedule(db, { ...flow, nextAt: ago(-60) });
    assertEquals(await scheduler.secondsLate(), 0);
    const late = await schedule(db, { ...flow, nextAt: ago(100) });
    assertAlmostEquals(await scheduler.secondsLate(), 100, 10);
    await db.sql`
      insert into schedule (installation_id, kind, every_seconds, policy, next_at)
      values (${flow.installationId}, 'poll', 900, 'one', ${ago(500)})`;
    assertAlmostEquals(await scheduler.secondsLate(), 500, 10);
    await db.sql`update schedule set enabled = false where id <> ${late.id}`;
    assertAlmostEquals(await scheduler.secondsLate(), 100, 10);
    await scheduler.drain();
    assertEquals(await scheduler.secondsLate(), 0);
  }));

Deno.test("run() fires by itself, wakes for the next slot, and ends at stop()", () =>
  withDatabase(async (db) => {
    const flow = await addFlow(db);
    const nightly = await schedule(db, { ...flow, nextAt: NINE });
    let now = Date.parse(NINE) - 300;
    const slept: number[] = [];
    const clock = createFakeClock();
    const fired = Promise.withResolvers<void>();
    const { scheduler } = instance(db, {
      now: () => new Date(now),
      clock: {
        ...clock,
        sleep: async (ms, signal) => {
          slept.push(ms);
          if (slept.length === 1) now += ms;
          else {
            fired.resolve();
            await new Promise((_resolve, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
          }
        },
      },
    });
    scheduler.run();
    await fired.promise;
    await scheduler.stop(1_000);
    assertEquals(await slotsOf(db, nightly), ["2026-11-28T09:00Z"]);
    assertEquals(slept.slice(0, 2), [300, 1_000], "to the slot, then to the next look");
    assertEquals(await scheduler.drain(), 0, "it has ended");
  }));

Deno.test("addSchedule() begins at the next slot, and refuses what is wrong or too much; removing the flow removes it", () =>
  withDatabase(async (db) => {
    const flow = await addFlow(db);
    const scope = { installationIds: [flow.installationId] };
    const add = (timing = HOURLY) => db.scoped(scope, (sql) => addSchedule(sql, { ...flow, timing, policy: "skip" }));
    const added = await add();
    const inMs = added.nextAt.getTime() - Date.now();
    assert(inMs > -5_000 && inMs <= 3_600_000, `in ${inMs} ms`);
    assertEquals(added.nextAt.getTime() % 3_600_000, 0);
    assertEquals((await add({ everySeconds: 90 })).timing, { everySeconds: 90 });
    await assertRejectsLike(add({ cron: "0 0 31 2 *", zone: "UTC" }), {
      code: "REQUEST_INVALID",
      message: /no date matches it/,
    });
    await db.sql`
      insert into schedule (installation_id, flow_id, every_seconds, policy, next_at)
      select ${flow.installationId}, ${flow.flowId}, 60, 'one', now() + interval '1 hour'
      from generate_series(3, ${MAX_SCHEDULES}::int)`;
    await assertRejectsLike(add(), /the workspace has 500, and 500 are allowed/);
    assertEquals(await createFlowStore(db).remove(flow.installationId, flow.flowId), true);
    assertEquals([...await db.sql`select id from schedule`], []);
  }));
