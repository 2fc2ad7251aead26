/** Crash tests of src/schedules: an instance is killed between the advance of a schedule and the start of its runs, and after. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import type { CrashPoint } from "../../src/base/crash_point.ts";
import type { Database } from "../../src/db/db.ts";
import { openEmbedded } from "../../src/db/embedded.ts";
import type { Schedule } from "../../src/schedules/store.ts";
import { eachTime } from "../support/crash_times.ts";
import { fillDataFolder, SERVER_URL, stopSharedDatabase, testDatabase } from "../support/database.ts";
import { startChild } from "../support/child.ts";
import { addFlow, readRuns, schedule, slotsOf } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

const PROGRAM = new URL("../support/schedule_program.ts", import.meta.url);
const NOW = "2026-11-28T09:40Z";
const SLOTS = ["2026-11-28T09:00Z", "2026-11-28T09:20Z", "2026-11-28T09:40Z"];

interface World {
  env: Record<string, string>;
  use<T>(work: (db: Database) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** A database that processes open one after another, or on a server beside each other. */
async function openWorld(): Promise<World> {
  const server = SERVER_URL ? await testDatabase() : undefined;
  if (server) {
    return { env: { DATABASE_URL: server.url! }, use: (work) => work(server.db), stop: server.stop };
  }
  const dataDir = await Deno.makeTempDir({ prefix: "timewire-schedules-" });
  await fillDataFolder(dataDir);
  return {
    env: { DATA_DIR: dataDir },
    use: async (work) => {
      const db = await openEmbedded({ dataDir });
      try {
        return await work(db);
      } finally {
        await db.stop();
      }
    },
    stop: () => Deno.remove(dataDir, { recursive: true }),
  };
}

const POINTS: { at: CrashPoint; nth: number }[] = [
  { at: "after_advance", nth: 1 },
  { at: "after_advance", nth: 2 },
  { at: "before_fire_commit", nth: 2 },
  { at: "after_fire", nth: 1 },
];

for (const { at, nth } of POINTS) {
  Deno.test(
    `kill -9 at ${at}, ${nth}: no slot is lost, none fires twice, and what moved on has its runs`,
    eachTime(async () => {
      const world = await openWorld();
      const schedules: Schedule[] = [];
      await world.use(async (db) => {
        for (let count = 0; count < 3; count++) {
          const flow = await addFlow(db);
          const timing = { cron: "*/20 * * * *", zone: "Europe/Berlin" };
          schedules.push(await schedule(db, { ...flow, timing, policy: "all", nextAt: SLOTS[0]! }));
        }
      });
      const begin = (env: Record<string, string>) => startChild(PROGRAM, { ...world.env, NOW, ...env });
      const dying = await begin({ CRASH_AT: at, CRASH_NTH: String(nth) });
      assertEquals((await dying.status).signal, "SIGKILL", dying.errors());
      // One statement: a commit that the killed one had sent may end meanwhile.
      const after = await world.use((db) =>
        db.sql<{ next_at: Date; runs: number }[]>`
        select next_at, (select count(*)::int from run where start_key like 'schedule:' || schedule.id || '/%') as runs
        from schedule order by id`
      );
      assertStrictEquals(after.length, schedules.length);
      for (const { next_at, runs } of after) {
        const moved = next_at.toISOString() !== "2026-11-28T09:00:00.000Z";
        assertEquals(
          [next_at.toISOString(), runs],
          moved ? ["2026-11-28T10:00:00.000Z", 3] : [next_at.toISOString(), 0],
        );
      }
      // Behind the commit of one, those of the others may have been sent too.
      if (at !== "after_fire") assertEquals(after.some(({ runs }) => runs === 0), true, "it was killed before the end");

      // On a server two go on at once.
      const next = await Promise.all(Array.from({ length: SERVER_URL ? 2 : 1 }, () => begin({})));
      for (const child of next) assertEquals((await child.status).code, 0, child.errors());
      await world.use(async (db) => {
        for (const one of schedules) assertEquals(await slotsOf(db, one), SLOTS);
        const runs = await readRuns(db);
        assertEquals([runs.length, runs.every(({ queued }) => queued)], [9, true]);
      });
      await world.stop();
    }),
  );
}
