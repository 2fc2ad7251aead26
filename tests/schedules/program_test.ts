/** Tests of schedules in the whole program: who fires them, by its role, and hosts that only call drain(). */

import { slotName } from "../../src/schedules/timing.ts";
import { assertEquals } from "@std/assert";
import { createCore } from "../../src/app/core.ts";
import { start } from "../../src/app/start.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { CrashPoint } from "../../src/base/crash_point.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { newKey } from "../../src/secrets/encryption.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { configOf, eventually } from "../support/world.ts";
import { addFlow, readRuns, readSchedule, schedule } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

const ENV = {
  HOST: "127.0.0.1",
  PROFILES: "universal_webhook",
  UNIVERSAL_WEBHOOK_PORT: "0",
  API_PORT: "0",
  ENCRYPTION_KEYS: newKey("test"),
  OPERATOR_API_KEYS: "tests:0123456789012345678901234567890123456789",
  // Not opened: the database is handed in.
  DATABASE_URL: "postgres://localhost/unused",
};

async function withInstances(
  body: (world: {
    db: Awaited<ReturnType<typeof testDatabase>>["db"];
    options: (role: string) => { parts: Parameters<typeof start>[0]; fired: () => number };
  }) => Promise<void>,
) {
  const { db, stop } = await testDatabase();
  const options = (role: string) => {
    let fired = 0;
    const onPoint = (point: CrashPoint) => void (fired += Number(point === "after_fire"));
    const log = createLogger({ level: "ERROR", format: "json", clock: systemClock, write: () => {} });
    const config = configOf({ ...ENV, ROLE: role });
    return { parts: { config, clock: systemClock, log, database: db, onPoint }, fired: () => fired };
  };
  await body({ db, options });
  await stop();
}

Deno.test("ROLE=work fires a schedule's slot and runs its flow, ROLE=listen does not", () =>
  withInstances(async ({ db, options }) => {
    const [listening, working] = [options("listen"), options("work")];
    const flow = await addFlow(db, { addon: "universal_webhook" });
    const passed = new Date(Date.now() - 90_000);
    // No slot of its own comes while the test runs.
    const timing = { cron: "0 0 1 1 *", zone: "UTC" };
    const yearly = await schedule(db, { ...flow, nextAt: passed, timing });
    const listener = await start(listening.parts);
    const worker = await start(working.parts);
    const [run] = await eventually(async () => {
      const runs = await readRuns(db);
      return runs[0]?.state === "completed" && runs;
    });
    assertEquals([run!.trigger_kind, run!.input], ["schedule", {
      scheduled_at: passed.toISOString(),
      slot: slotName(passed),
      zone: "UTC",
    }]);
    assertEquals(new Date((await readSchedule(db, yearly)).next_at).getTime() > Date.now(), true);
    await worker.stop();
    await listener.stop();
    assertEquals([listening.fired(), working.fired() > 0], [0, true]);
  }));

Deno.test("drain() of a host that runs no loop fires what has come, and works it off", () =>
  withInstances(async ({ db, options }) => {
    const flow = await addFlow(db, { addon: "universal_webhook" });
    await schedule(db, { ...flow, nextAt: new Date(Date.now() - 90_000) });
    const core = await createCore(options("work").parts);
    const [worker] = core.workers;
    assertEquals(await worker!.drain(), 1);
    assertEquals((await readRuns(db)).map(({ state }) => state), ["completed"]);
    assertEquals(await worker!.drain(), 0);
    await worker!.stop(1_000);
    await core.stop();
  }));
