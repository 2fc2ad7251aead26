/** Records of requests as lists: filters, pages, and the indexes that they are found by. */

import { assertEquals } from "@std/assert";
import { createUuid7 } from "../../src/base/uuid7.ts";
import { rowOf } from "../../src/calls/call_row.ts";
import { type CallFilter, type CallPage, createCallStore, MAX_LOOKED_THROUGH } from "../../src/calls/store.ts";
import { lineOf, writeCalls } from "../../src/calls/write.ts";
import type { SentCall } from "../../src/clockify/client.ts";
import type { Database } from "../../src/db/db.ts";
import { addInstallation } from "../db/rows.ts";
import { DATABASE_KIND, stopSharedDatabase, testDatabase } from "../support/database.ts";
import { eventually } from "../support/world.ts";
import { sentCall } from "./calls.ts";

Deno.test.afterAll(stopSharedDatabase);

const RUN = "0192f0c1-2345-7abc-8def-0123456789ab";
const START = Date.parse("2026-11-21T08:00:00Z");
const uuid7 = createUuid7();

/** Calls a second apart, the first at START. */
async function write(db: Database, installationId: number, calls: Partial<SentCall>[]) {
  const rows = calls.map((call, index) => {
    const atMs = START + 1_000 * index;
    return lineOf(installationId, rowOf(sentCall(call), { id: uuid7(atMs), atMs }));
  });
  for (let index = 0; index < rows.length; index += 500) await writeCalls(db, rows.slice(index, index + 500));
}

Deno.test("list() finds by origin, operation, outcome, status, run, person and time, of one installation", async () => {
  const { db, stop } = await testDatabase();
  const [mine, other] = [await addInstallation(db), await addInstallation(db)];
  const calls: Partial<SentCall>[] = [
    { operation: "a" },
    { operation: "b", origin: { kind: "flow", runId: RUN, flowId: 1, stepPath: "root/a" } },
    { operation: "c", origin: { kind: "person", name: "ann", via: "api_call" } },
    { operation: "d", outcome: "refused", status: 404 },
    { operation: "e", outcome: "failed", status: undefined },
    { operation: "f", origin: { kind: "undo", name: "ann", changeId: 1 } },
  ];
  await write(db, mine, calls);
  await write(db, other, calls);
  const store = createCallStore(db);
  const found = async (filter: CallFilter) =>
    (await store.list(mine, filter, { limit: 50 })).calls.map(({ operation }) => operation).join("");
  const at = (second: number) => new Date(START + 1_000 * second);
  assertEquals(await found({}), "fedcba");
  assertEquals(await found({ origin: "poll" }), "eda");
  assertEquals(await found({ operation: "b" }), "b");
  assertEquals(await found({ outcome: "unsuccessful" }), "ed");
  assertEquals(await found({ outcome: "failed" }), "e");
  assertEquals(await found({ outcome: "succeeded" }), "fcba");
  assertEquals(await found({ status: 404 }), "d");
  assertEquals(await found({ runId: RUN }), "b");
  assertEquals(await found({ runId: RUN.toUpperCase() }), "b");
  assertEquals(await found({ person: "ann" }), "fc");
  assertEquals(await found({ person: "ann", origin: "undo" }), "f");
  assertEquals(await found({ from: at(1), to: at(4) }), "dcb");
  assertEquals(await found({ from: at(10) }), "");
  const [first] = (await store.list(mine, { operation: "a" }, { limit: 1 })).calls;
  assertEquals(await store.find(mine, first!.id), first);
  assertEquals(await store.find(other, first!.id), undefined);
  assertEquals(await store.find(mine, RUN), undefined);
  await stop();
});

Deno.test("list() goes page by page through all, each once, also by a filter that no index knows", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  const count = MAX_LOOKED_THROUGH + 700;
  // The rare ones are the oldest: further back than one request looks.
  await write(
    db,
    installationId,
    Array.from({ length: count }, (_, index) => index < 5 ? { origin: { kind: "settings" } } : {}),
  );
  const store = createCallStore(db);
  const walk = async (filter: CallFilter, limit: number) => {
    const ids: string[] = [];
    let pages = 0;
    let before: string | null | undefined = undefined;
    while (before !== null) {
      pages++;
      const page: CallPage = await store.list(installationId, filter, { limit, before });
      ids.push(...page.calls.map(({ id }) => id));
      before = page.next;
    }
    return { ids, pages };
  };
  const all = await walk({}, 500);
  assertEquals([new Set(all.ids).size, all.ids.length], [count, count]);
  assertEquals(all.ids, all.ids.toSorted().toReversed());
  assertEquals(all.pages, Math.ceil(count / 500));
  const rare = await walk({ origin: "settings" }, 2);
  assertEquals(rare.ids, all.ids.slice(-5));
  assertEquals(rare.pages, 4, "an empty one, then those of two, two and one");
  assertEquals((await store.list(installationId, {}, { limit: count })).next, null);
  await stop();
});

Deno.test({
  name: "each list is read from an index of its own, under row-level security too",
  ignore: DATABASE_KIND !== "postgres",
  fn: async () => {
    const { db, stop } = await testDatabase();
    const installationId = await addInstallation(db);
    const calls = Array.from({ length: 20_000 }, (_, index): Partial<SentCall> => ({
      ...index % 100 === 0 && { outcome: "failed" },
      ...index % 1_000 === 1 && { origin: { kind: "person", name: "ann", via: "explorer" } },
      ...index % 1_000 === 2 && { origin: { kind: "flow", runId: RUN, flowId: 1, stepPath: "root/a" } },
    }));
    await write(db, installationId, calls);
    await db.sql`analyze clockify_call`;
    const cases: [CallFilter, string][] = [
      [{}, "clockify_call_pkey"],
      [{ from: new Date(START), to: new Date(START + 60_000) }, "clockify_call_pkey"],
      [{ operation: "none" }, "clockify_call_pkey"],
      [{ runId: RUN }, "clockify_call_run"],
      [{ person: "ann" }, "clockify_call_person"],
      [{ outcome: "unsuccessful" }, "clockify_call_unsuccessful"],
    ];
    for (const [filter, index] of cases) {
      const before = await scans(db);
      await createCallStore(db).list(installationId, filter, { limit: 20 });
      // A connection reports what it did once it rests.
      const after = await eventually(async () => {
        const now = await scans(db);
        return now.get(index)! > before.get(index)! && now;
      });
      assertEquals(after.get("table"), before.get("table"), `${JSON.stringify(filter)} reads no whole table`);
    }
    await stop();
  },
});

/** Scans of each index so far, and of none of the whole table. */
async function scans(db: Database): Promise<Map<string, number>> {
  return await db.transaction(async (sql) => {
    await sql`select pg_stat_clear_snapshot()`;
    const rows = await sql<{ name: string; scans: number }[]>`
      select indexrelname as name, idx_scan::int as scans from pg_stat_user_indexes where relname = 'clockify_call'`;
    const [table] = await sql<{ scans: number }[]>`
      select seq_scan::int as scans from pg_stat_user_tables where relname = 'clockify_call'`;
    return new Map([...rows.map(({ name, scans }) => [name, scans] as const), ["table", table!.scans]]);
  });
}
