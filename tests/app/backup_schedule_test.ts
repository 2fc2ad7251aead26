/** Tests of backups by schedule: made once over all instances, tried again after a failure, and begun again elsewhere after a stop. */

import { assert, assertEquals } from "@std/assert";
import { createBackupSchedule } from "../../src/app/backup_schedule.ts";
import type { makeBackup } from "../../src/app/make_backup.ts";
import { storeLastBackup } from "../../src/backup/last.ts";
import { AppError } from "../../src/base/errors.ts";
import type { Database } from "../../src/db/db.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { configOf } from "../support/world.ts";

Deno.test.afterAll(stopSharedDatabase);

const config = configOf({});
const NIGHTLY = "15 3 * * *";
const AT = (time: string) => Date.parse(`2026-11-${time}:00Z`);

/** Instances on one database, each with a clock that the test sets; what they made and what they logged. */
function instancesOn(db: Database, make?: typeof makeBackup) {
  const made: string[] = [];
  const lines: { message: string; code?: string }[] = [];
  const clock = createFakeClock();
  const begin = (owner: string) =>
    createBackupSchedule(NIGHTLY, {
      config,
      clock,
      db,
      owner,
      log: createLogger({ level: "INFO", format: "json", clock, write: (line) => lines.push(JSON.parse(line)) }),
      make: make ?? (async () => {
        made.push(owner);
        await storeLastBackup(db, { madeAt: clock.now() / 1_000, bytes: 1, seconds: 1 });
        return { name: "n", place: "p", bytes: 1, seconds: 1, databases: [], kept: 1, removed: [] };
      }),
    });
  return { made, lines, begin, at: (time: string) => clock.advance(AT(time) - clock.now()) };
}

async function states({ sql }: Database): Promise<string[]> {
  const rows = await sql<{ state: string }[]>`select state from retention_run where schedule = 'backup' order by slot`;
  return rows.map(({ state }) => state);
}

Deno.test("of two instances one makes the backup that is due, also one that was due while none ran; none is made before the next", async () => {
  const { db, stop } = await testDatabase();
  const { made, at, begin } = instancesOn(db);
  const [one, two] = [begin("one"), begin("two")];
  await at("20T12:00");
  await Promise.all([one.tick(), two.tick()]);
  assertEquals(made.length, 1, "that of the night before was missed");
  await at("21T03:14");
  await Promise.all([one.tick(), two.tick()]);
  assertEquals(made.length, 1);
  await at("21T03:15");
  await Promise.all([one.tick(), two.tick()]);
  await Promise.all([one.tick(), two.tick()]);
  assertEquals(made.length, 2);
  // By hand, or by a job: it counts.
  await storeLastBackup(db, { madeAt: AT("22T03:15") / 1_000, bytes: 1, seconds: 1 });
  await at("22T03:16");
  await one.tick();
  assertEquals([made.length, await states(db)], [2, ["completed", "completed"]]);
  await stop();
});

Deno.test("a backup that fails is tried again in the next hour, and not before", async () => {
  const { db, stop } = await testDatabase();
  let tries = 0;
  const { lines, at, begin } = instancesOn(db, () => {
    tries++;
    return Promise.reject(new AppError("START_FAILED", "Cannot use s3://bucket/: it is away"));
  });
  const one = begin("one");
  await at("20T03:15");
  await one.tick();
  await at("20T03:59");
  await Promise.all([one.tick(), begin("two").tick()]);
  assertEquals(tries, 1);
  await at("20T04:00");
  await one.tick();
  assertEquals(tries, 2);
  assertEquals(lines.map(({ message, code }) => [message, code]), Array(2).fill(["backup.failed", "START_FAILED"]));
  assertEquals(await states(db), ["failed", "failed"]);
  await stop();
});

Deno.test("one in progress ends with the program, and another instance begins it again at once; after a kill once it was silent for two minutes", async () => {
  const { db, stop } = await testDatabase();
  let count = 0;
  const begun = Array.from({ length: 3 }, () => Promise.withResolvers<AbortSignal>());
  const { at, begin } = instancesOn(db, ({ signal }) => {
    begun[count++]!.resolve(signal!);
    return new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
  });
  const [one, two, three] = [begin("one"), begin("two"), begin("three")];
  await at("20T03:15");
  const first = one.tick();
  const ofFirst = await begun[0]!.promise;
  await two.tick();
  assertEquals(count, 1, "another one has it");
  await one.stop();
  await first;
  assert(ofFirst.aborted);
  const second = two.tick();
  const ofSecond = await begun[1]!.promise;
  // As of a process that is gone.
  await db.sql`update retention_run set heartbeat_at = now() - interval '121 seconds' where state = 'running'`;
  const third = three.tick();
  await begun[2]!.promise;
  assert(!ofSecond.aborted);
  await at("20T03:17");
  await second;
  assert(ofSecond.aborted, "its next heartbeat finds that another one has it");
  await three.stop();
  await third;
  assertEquals(await states(db), ["interrupted"]);
  await stop();
});
