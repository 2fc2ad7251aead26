/** Tests of src/ingest/quota.ts: what is counted, when it is refused, who hears of it, and that deleted events make room. */

import { assertEquals, assertMatch } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import { EVENT_ROW_BYTES } from "../../src/events/stored_size.ts";
import { createIngest } from "../../src/ingest/ingest.ts";
import { createQuota, type QuotaFact } from "../../src/ingest/quota.ts";
import { eventPage } from "../../src/retention/pages.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { addInstallation } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { unhurriedClock } from "../support/unhurried_clock.ts";

Deno.test.afterAll(stopSharedDatabase);

const LIMIT = 100_000;

function open(db: Database, { limitBytes = LIMIT } = {}) {
  const facts: QuotaFact[] = [];
  const logged: string[] = [];
  const log = createLogger({ level: "INFO", format: "json", clock: systemClock, write: (line) => logged.push(line) });
  const quota = createQuota({ db, clock: systemClock, log, limitBytes, onReached: (fact) => facts.push(fact) });
  const ingest = createIngest({ db, clock: unhurriedClock, queueLimit: 100, quota, onWork: () => {} });
  let sent = 0;
  const store = (installationId: number, bytes: number, entityKey = `${crypto.randomUUID()}:${sent++}`) =>
    ingest.receive({
      installationId,
      generation: 1,
      eventType: "NEW_TAG",
      body: new Uint8Array(bytes - EVENT_ROW_BYTES),
      entityKey,
      headers: {},
      requestId: "r",
    });
  return { quota, ingest, store, facts, logged };
}

async function counted({ sql }: Database, installationId: number): Promise<number | undefined> {
  const [row] = await sql<
    { bytes: number }[]
  >`select bytes from stored_bytes where installation_id = ${installationId}`;
  return row?.bytes;
}

Deno.test("a full workspace is refused with what to do, others are not, and what retention deletes makes room", async () => {
  const { db, stop } = await testDatabase();
  const [one, other] = [await addInstallation(db), await addInstallation(db)];
  const { quota, store, facts } = open(db);
  for (let i = 0; i < 5; i++) await store(one, 20_000);
  await quota.flush();
  await assertRejectsLike(store(one, 20_000), {
    code: "STORAGE_FULL",
    retryable: true,
    message: /STORED_MB_PER_WORKSPACE/,
  });
  await store(other, 20_000);
  await quota.flush();
  assertEquals([await counted(db, one), await counted(db, other)], [LIMIT, 20_000]);
  const [row] = await db.sql<{ stored: number }[]>`
    select count(*)::int as stored from event where installation_id = ${one}`;
  assertEquals(row!.stored, 5, "what was refused is not stored");
  assertEquals(facts.map(({ installationId, state, bytes }) => [installationId, state, bytes]), [[
    one,
    "full",
    LIMIT,
  ]]);

  await db.sql`update event set received_at = now() - interval '2 days' where id in (
    select id from event where installation_id = ${one} order by id limit 2)`;
  const page = await db.scoped(
    { installationIds: [one] },
    (sql) => eventPage(sql, { installationId: one, days: 1, limit: 100 }),
  );
  assertEquals(page.deleted.event, 2);
  assertEquals(await counted(db, one), LIMIT - 40_000);
  // The refusal asks again: the flush reads what there is now.
  await assertRejectsLike(store(one, 20_000), { code: "STORAGE_FULL" });
  await quota.flush();
  await store(one, 20_000);
  await quota.stop();
  assertEquals(await counted(db, one), LIMIT - 20_000);
  await stop();
});

Deno.test("the count is that of all instances, outlives them, and each threshold is reported once by one of them", async () => {
  const { db, stop } = await testDatabase();
  const one = await addInstallation(db);
  const [first, second] = [open(db), open(db)];
  for (const { store } of [first, second]) await store(one, 41_000);
  await Promise.all([first.quota.flush(), second.quota.flush()]);
  const reported = () => [...first.facts, ...second.facts].map(({ state }) => state).toSorted();
  assertEquals(reported(), ["nearly_full"]);
  await first.store(one, 41_000);
  await first.quota.flush();
  await second.store(one, 2_000);
  await second.quota.flush();
  assertEquals(reported(), ["full", "nearly_full"]);
  await Promise.all([first.quota.stop(), second.quota.stop()]);

  const third = open(db);
  await third.store(one, 2_000);
  await third.quota.flush();
  await assertRejectsLike(third.store(one, 2_000), { code: "STORAGE_FULL" });
  // Nothing comes for a while: a full one is not forgotten, or a slow sender would never be refused.
  for (let i = 0; i < 3; i++) await third.quota.flush();
  await assertRejectsLike(third.store(one, 2_000), { code: "STORAGE_FULL" });
  assertEquals(third.facts, []);
  await third.quota.stop();
  await stop();
});

Deno.test("repeats and events from before the migration do not count; without a quota it is counted and nothing refused", async () => {
  const { db, stop } = await testDatabase();
  const one = await addInstallation(db);
  const { quota, store, facts, logged } = open(db, { limitBytes: 0 });
  await store(one, 50_000, "tag:1");
  assertEquals((await store(one, 50_000, "tag:1")).duplicate, true);
  for (let i = 0; i < 3; i++) await store(one, 50_000);
  await quota.flush();
  await store(one, 50_000);
  await quota.flush();
  assertEquals(await counted(db, one), 250_000);

  await db.sql`update stored_bytes set counted_from = (select max(id) from event)`;
  await db.sql`update event set received_at = now() - interval '2 days'`;
  await db.scoped({ installationIds: [one] }, (sql) => eventPage(sql, { installationId: one, days: 1, limit: 100 }));
  assertEquals(await counted(db, one), 200_000, "only the newest gives back");
  await quota.stop();
  assertEquals([facts, logged], [[], []]);
  await stop();
});

Deno.test("what could not be written is written later", async () => {
  const { db, stop } = await testDatabase();
  const one = await addInstallation(db);
  let away = true;
  const scoped: Database["scoped"] = (scope, work) =>
    away ? Promise.reject(Object.assign(new Error("away"), { code: "08006" })) : db.scoped(scope, work);
  const { quota, store, logged } = open({ ...db, scoped });
  await store(one, 20_000);
  await quota.flush();
  away = false;
  await store(one, 20_000);
  await quota.stop();
  assertEquals(await counted(db, one), 40_000);
  assertMatch(logged.join(), /quota\.failed/);
  await stop();
});
