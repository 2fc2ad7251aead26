/** Tests of src/entities/bootstrap/store.ts: a list that nothing ends but itself, and writes of a job that lost its read. */

import { assertEquals } from "@std/assert";
import { assertRejectsLike } from "../../support/assert_like.ts";
import { createBootstrapStore } from "../../../src/entities/bootstrap/store.ts";
import type { Job } from "../../../src/queue/queue.ts";
import { addInstallation } from "../../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

function jobOf(installationId: number, id: number): Job {
  const rest = { payload: {}, attempt: 0, fence: 1, traceparent: null, ordered: false };
  return { id, kind: "bootstrap", installationId, ...rest };
}

const entities = Array.from({ length: 50 }, (_, index) => ({ id: `id-${index}`, body: { id: `id-${index}` } }));
const PLACE = { entityType: "client", parentId: "", page: 1, tries: 0, pass: 1 };

Deno.test("a list without Last-Page whose full pages repeat themselves ends at the first that is nothing new", async () => {
  const { db, stop } = await testDatabase();
  const store = createBootstrapStore(db);
  const id = await addInstallation(db);
  await store.begin(jobOf(id, 1), { workspaceId: "w", lists: ["client"], first: ["client"] });
  const running = await store.running(id);
  const page = { operationId: "getClients", entities, maxPages: 200, below: [], ageMs: 0, volatile: false };
  assertEquals((await store.savePage(running, PLACE, page)).next, { ...PLACE, page: 2 });
  // A list of several pages is read again until two passes agree.
  const again = { ...PLACE, pass: 2 };
  assertEquals((await store.savePage(running, { ...PLACE, page: 2 }, page)).next, again);
  assertEquals((await store.savePage(running, again, page)).next, { ...again, page: 2 });
  assertEquals((await store.savePage(running, { ...again, page: 2 }, page)).ended, "complete");
  assertEquals(await store.pending(running), []);
  assertEquals((await store.finish(running, { status: "COMPLETE", whole: ["client"], volatile: [] })).entities, 50);
  await stop();
});

Deno.test("a page of a read that another job began anew is not stored", async () => {
  const { db, stop } = await testDatabase();
  const store = createBootstrapStore(db);
  const id = await addInstallation(db);
  const plan = { workspaceId: "w", lists: ["client"], first: ["client"] };
  await store.begin(jobOf(id, 1), plan);
  const lost = await store.running(id);
  await store.begin(jobOf(id, 2), plan);
  const page = { operationId: "getClients", entities, last: true, maxPages: 200, below: [], ageMs: 0, volatile: false };
  await assertRejectsLike(store.savePage(lost, PLACE, page), { code: "LEASE_LOST" });
  assertEquals((await db.sql`select 1 from entity_cache`).length, 0);
  await store.savePage(await store.running(id), PLACE, page);
  await stop();
});
