/** Tests of slots: one sweep per hour over all instances, taken over when its owner is gone, fenced when it comes back. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { Database } from "../../src/db/db.ts";
import { createRetentionReport } from "../../src/retention/report.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { addEvents, addTenant, countOf, retentionOver, SLOT } from "./rows.ts";

Deno.test.afterAll(stopSharedDatabase);

const HOUR_MS = 3_600_000;

interface RunRow {
  slot: number;
  state: string;
  owner: string;
  fence: number;
  deleted: Record<string, number>;
}

async function readRuns({ sql }: Database): Promise<RunRow[]> {
  const rows = await sql<RunRow[]>`select slot, state, owner, fence, deleted from retention_run order by slot`;
  return rows.map((row) => ({ ...row }));
}

/** A retention that stands still after its first batch that deleted rows, until told to go on. */
function pausing(db: Database, owner: string) {
  const paused = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const clock = {
    now: () => SLOT * 3_600_000,
    monotonicMs: () => 0,
    sleep: (_ms: number, signal?: AbortSignal) => {
      paused.resolve();
      return goOn.promise.then(() => signal?.throwIfAborted());
    },
  };
  const { retention } = retentionOver(db, { owner, clock });
  return { retention, paused: paused.promise, goOn: goOn.resolve };
}

/** Makes the heartbeat of the slots under way look like that of a process that is gone. */
async function age({ sql }: Database) {
  await sql`update retention_run set heartbeat_at = now() - interval '121 seconds' where state = 'running'`;
}

Deno.test("two instances sweep one slot once, and the next one again", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addTenant(db);
  await addEvents(db, { installationId, daysOld: 200, count: 5 });
  const instances = ["one", "two"].map((owner) => retentionOver(db, { owner }).retention);
  const results = await Promise.all(instances.map((one) => one.sweep(SLOT)));
  assertEquals(results.map((result) => result?.state ?? "not mine").toSorted(), ["completed", "not mine"]);
  for (const one of instances) assertEquals(await one.sweep(SLOT), undefined, "the slot is done");
  const [run, ...others] = await readRuns(db);
  assertEquals(others.length, 0);
  assertEquals({ ...run, owner: "" }, {
    slot: SLOT,
    state: "completed",
    owner: "",
    fence: 1,
    deleted: { event: 5, entity_head: 5 },
  });
  assertEquals((await instances[1]!.sweep(SLOT + 1))?.state, "completed");
  await stop();
});

Deno.test("while one instance is at a slot, another begins neither it nor the next one", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addTenant(db);
  await addEvents(db, { installationId, daysOld: 200 });
  const first = pausing(db, "one");
  const sweeping = first.retention.sweep(SLOT);
  await first.paused;
  const { retention: second } = retentionOver(db, { owner: "two" });
  assertEquals(await second.sweep(SLOT), undefined);
  assertEquals(await second.sweep(SLOT + 1), undefined);
  first.goOn();
  assertEquals((await sweeping)?.state, "completed");
  assertEquals((await second.sweep(SLOT + 1))?.state, "completed");
  await stop();
});

Deno.test("a slot whose owner is gone is taken over; the owner that comes back deletes nothing more", async () => {
  const { db, stop } = await testDatabase();
  const first = await addTenant(db);
  const second = await addTenant(db);
  for (const installationId of [first, second]) await addEvents(db, { installationId, daysOld: 200, count: 3 });
  const gone = pausing(db, "gone");
  const sweeping = gone.retention.sweep(SLOT);
  await gone.paused;
  assertEquals([await countOf(db, "event", first), await countOf(db, "event", second)], [0, 3]);
  await age(db);

  const next = pausing(db, "next");
  const takingOver = next.retention.sweep(SLOT);
  await next.paused;
  await addEvents(db, { installationId: second, daysOld: 200, count: 2 });
  gone.goOn();
  assertEquals((await sweeping)?.state, "interrupted");
  assertEquals(await countOf(db, "event", second), 2, "the batch of the former owner was rolled back");
  next.goOn();
  assertEquals((await takingOver)?.state, "completed");
  const [run] = await readRuns(db);
  assertEquals(run, {
    slot: SLOT,
    state: "completed",
    owner: "next",
    fence: 2,
    deleted: { event: 6, entity_head: 6 },
  }, "counts of both owners");
  await stop();
});

Deno.test("a take-over begins behind the last installation that was done", async () => {
  const { db, stop } = await testDatabase();
  const [done, left] = [await addTenant(db), await addTenant(db)];
  for (const installationId of [done, left]) await addEvents(db, { installationId, daysOld: 200 });
  await db.sql`
    insert into retention_run (schedule, slot, owner, position) values ('retention', ${SLOT}, 'gone', ${done})`;
  const { retention } = retentionOver(db);
  assertEquals(await retention.sweep(SLOT), undefined, "its owner may be alive");
  await age(db);
  assertEquals((await retention.sweep(SLOT))?.deleted, { event: 1, entity_head: 1 });
  assertEquals([await countOf(db, "event", done), await countOf(db, "event", left)], [1, 0]);
  await stop();
});

Deno.test("stop() ends a sweep after its batch; another instance goes on at once", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addTenant(db);
  await addEvents(db, { installationId, daysOld: 200, count: 1_500 });
  const first = pausing(db, "one");
  const sweeping = first.retention.sweep(SLOT);
  await first.paused;
  const stopping = first.retention.stop();
  first.goOn();
  await stopping;
  assertEquals((await sweeping)?.state, "interrupted");
  assertEquals(await countOf(db, "event", installationId), 1_000);
  assertEquals(await first.retention.sweep(SLOT), undefined, "a stopped one begins nothing");
  const result = await retentionOver(db).retention.sweep(SLOT);
  assertEquals([result?.state, result?.deleted.event], ["completed", 1_000]);
  await stop();
});

Deno.test("catchUp() sweeps when no sweep was finished for two hours; tick() sweeps the present hour", async () => {
  const { db, stop } = await testDatabase();
  const { retention } = retentionOver(db);
  assertEquals(await retention.secondsSinceFinish(), undefined);
  assertStrictEquals((await retention.catchUp())?.slot, SLOT, "nothing was ever swept");
  assert((await retention.secondsSinceFinish())! < 60);
  await db.sql`update retention_run set slot = slot - 3, finished_at = now() - interval '119 minutes'`;
  assertEquals(await retention.catchUp(), undefined);
  await db.sql`update retention_run set finished_at = now() - interval '121 minutes'`;
  assertStrictEquals((await retention.catchUp())?.slot, SLOT);
  assertEquals(await retention.tick(), undefined, "this hour is done");
  await stop();
});

Deno.test("the report names the next tick, and the next hour once this one is done", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addTenant(db);
  const nowMs = SLOT * HOUR_MS + 25 * 60_000;
  const report = createRetentionReport({ db, clock: createFakeClock(nowMs) });
  const minutes = async () => ((await report(installationId)).nextRunAt.getTime() - SLOT * HOUR_MS) / 60_000;
  assertEquals(await minutes(), 30);
  await retentionOver(db).retention.sweep(SLOT);
  assertEquals(await minutes(), 60);
  await db.sql`update retention_run set state = 'interrupted'`;
  assertEquals(await minutes(), 30);
  await stop();
});

Deno.test("rows of slots older than a week go", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addTenant(db);
  for (const slot of [SLOT - 169, SLOT - 168]) {
    await db.sql`
      insert into retention_run (schedule, slot, owner, state) values ('retention', ${slot}, 'x', 'completed')`;
    await db.sql`
      insert into retention_count (installation_id, slot, table_name, rows) values (${installationId}, ${slot}, 'event', 1)`;
  }
  await retentionOver(db).retention.sweep(SLOT);
  assertEquals((await readRuns(db)).map(({ slot }) => slot), [SLOT - 168, SLOT]);
  assertEquals(await countOf(db, "retention_count", installationId), 1);
  await stop();
});
