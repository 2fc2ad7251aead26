/** Tests of what the cache learns between two reads: of events, of our own writes, and against what a read brings meanwhile. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { readableLists } from "../../src/entities/bootstrap/lists.ts";
import { createBootstrapStore } from "../../src/entities/bootstrap/store.ts";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import { createLearner, type Learner, learnFromEvents } from "../../src/entities/learner.ts";
import { type Lesson, lessonOfEvent } from "../../src/entities/lessons.ts";
import { createEntityNames } from "../../src/entities/names.ts";
import { learnFromWrites } from "../../src/entities/own_writes.ts";
import type { ClockifyAnswer } from "../../src/clockify/client.ts";
import type { Delivery } from "../../src/ingest/delivery.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { addInstallation } from "../db/rows.ts";
import { stopSharedDatabase, type TestDatabase, testDatabase } from "../support/database.ts";

const CATALOGUE = builtinCatalogue();
const LISTS = readableLists(CATALOGUE);
const LOG = createLogger({ level: "ERROR", format: "json", clock: systemClock, write: () => {} });
let database: TestDatabase;
let db: Database;
let learner: Learner;
let id: number;

Deno.test.beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
  learner = createLearner({ db, clock: systemClock, log: LOG });
});
Deno.test.beforeEach(async () => {
  id = await addInstallation(db);
});
Deno.test.afterAll(async () => {
  await database.stop();
  await stopSharedDatabase();
});

const event = (eventType: string, body: Record<string, unknown>) => lessonOfEvent(eventType, body)!;

async function cached(): Promise<Record<string, unknown>[]> {
  const rows = await db.sql<{ body: Record<string, unknown>; deleted: boolean }[]>`
    select body, deleted_at is not null as deleted from entity_cache where installation_id = ${id} order by entity_id`;
  return rows.map(({ body, deleted }) => deleted ? { ...body, deleted } : { ...body });
}

Deno.test("an event changes the fields that it knows, and what a list said beside them stays", async () => {
  const whole: Lesson = {
    entityType: "client",
    id: "c1",
    source: "getClients",
    kind: "whole",
    body: { id: "c1", name: "Old", note: "kept", archived: false },
  };
  await learner.learnNow(id, [whole]);
  await learner.learnNow(id, [event("CLIENT_UPDATED", { id: "c1", name: "New \u0000", archived: true, extra: 1 })]);
  assertEquals(await cached(), [{ id: "c1", name: "New \ufffd", note: "kept", archived: true }]);
});

Deno.test("events in any order: a late creation changes nothing, and a deletion stays until someone comes back", async () => {
  await learner.learnNow(id, [
    event("TAG_UPDATED", { id: "t1", name: "Renamed" }),
    event("NEW_TAG", { id: "t1", name: "As it was made" }),
    event("TAG_DELETED", { id: "t2", name: "Gone" }),
    event("NEW_TAG", { id: "t2", name: "Gone" }),
    event("TAG_UPDATED", { id: "t2", name: "Gone, late" }),
    event("USER_DELETED_FROM_WORKSPACE", { id: "u1", name: "Dana", email: "d@example.com" }),
    event("USER_JOINED_WORKSPACE", { id: "u1", name: "Dana", email: "d@example.com" }),
  ]);
  assertEquals(await cached(), [
    { id: "t1", name: "Renamed" },
    { id: "t2", name: "Gone", deleted: true },
    { id: "u1", name: "Dana", email: "d@example.com" },
  ]);
  const names = createEntityNames(db);
  const found = await names.find(id, ["t1", "t2"]);
  assertEquals([found.get("t1")!.deleted, found.get("t2")!.deleted], [false, true]);
  const searched = await names.search(id, { q: "e", limit: 10, withAddresses: true });
  assertEquals(searched.map((one) => one.id), ["t1"]);
  assertEquals((await names.find(await addInstallation(db), ["t1"])).size, 0);
});

Deno.test("a page that was asked for before something was learnt does not take it back, and a read does not drop it", async () => {
  const store = createBootstrapStore(db);
  const job = { id: 1, kind: "bootstrap" as const, installationId: id };
  const rest = { payload: {}, attempt: 0, fence: 1, traceparent: null, ordered: false };
  await store.begin({ ...job, ...rest }, { workspaceId: "w", lists: ["tag"], first: ["tag"] });
  const running = await store.running(id);
  await learner.learnNow(id, [
    event("TAG_UPDATED", { id: "t1", name: "Renamed meanwhile" }),
    event("TAG_DELETED", { id: "t2", name: "Deleted meanwhile" }),
    event("NEW_TAG", { id: "t3", name: "Made meanwhile" }),
  ]);
  const entities = ["t1", "t2", "t4"].map((id) => ({ id, body: { id, name: "As it was" } }));
  const page = {
    operationId: "getTags",
    entities,
    last: true,
    maxPages: 200,
    below: [],
    ageMs: 60_000,
    volatile: false,
  };
  const place = { entityType: "tag", parentId: "", page: 1, tries: 0, pass: 1 };
  assertEquals((await store.savePage(running, place, page)).ended, "complete");
  await store.finish(running, { status: "COMPLETE", whole: ["tag"], volatile: [] });
  assertEquals(await cached(), [
    { id: "t1", name: "Renamed meanwhile" },
    { id: "t2", name: "Deleted meanwhile", deleted: true },
    { id: "t3", name: "Made meanwhile" },
    { id: "t4", name: "As it was" },
  ]);
});

Deno.test("the ingest answers as before; a repeat and an event about something else teach nothing", async () => {
  const taught: Lesson[] = [];
  const receipts = [{ eventId: 1, duplicate: false }, { eventId: 1, duplicate: true }, {
    eventId: 2,
    duplicate: false,
  }];
  const ingest = learnFromEvents(
    { receive: () => Promise.resolve(receipts.shift()!), waiting: () => 7, waitingBytes: () => 8 },
    { learn: (_id, lessons) => void taught.push(...lessons) },
  );
  const deliver = (eventType: string) =>
    ingest.receive({ installationId: id, eventType, text: '{"id": "t1", "name": "A"}' } as Delivery);
  assertEquals(await deliver("NEW_TAG"), { eventId: 1, duplicate: false });
  assertEquals(await deliver("NEW_TAG"), { eventId: 1, duplicate: true });
  assertEquals(await deliver("NEW_TIME_ENTRY"), { eventId: 2, duplicate: false });
  assertEquals(ingest.waiting(), 7);
  assertEquals(taught, [
    { entityType: "tag", kind: "new", source: "NEW_TAG", id: "t1", parentId: "", body: { id: "t1", name: "A" } },
  ]);
});

Deno.test("what a write of ours answers is learnt: a flow's, a person's, an undo's", async () => {
  const taught: string[] = [];
  const origin = { kind: "person", name: "u1", via: "explorer" } as const;
  const recorder = learnFromWrites({ write: (write, send) => send(write) }, {
    lists: LISTS,
    learn: (_id, lessons) => void taught.push(...lessons.map((one) => `${one.kind} ${one.entityType} ${one.id}`)),
  });
  const write = async (name: string, answer: ClockifyAnswer, pathParams = {}) => {
    const operation = CATALOGUE.find(name)!;
    const made = await recorder.write(
      { operation, pathParams, queryParams: {}, installation: { id }, origin },
      () => Promise.resolve(answer),
    );
    assertStrictEquals(made, answer);
    return taught.splice(0);
  };
  const ok = (data: unknown): ClockifyAnswer => ({ kind: "ok", status: 200, headers: {}, data });
  const tag = { id: "t1", name: "Made" };
  assertEquals(await write("createNewTag", ok(tag)), ["whole tag t1"]);
  assertEquals(await write("updateTag", ok(tag), { id: "t1" }), ["whole tag t1"]);
  assertEquals(await write("updateTag", ok({ id: "w", name: "A workspace" }), { id: "t1" }), []);
  assertEquals(await write("deleteTag", ok(null), { id: "t1" }), ["gone tag t1"]);
  assertEquals(await write("createTask", ok({ ...tag, projectId: "p1" }), { projectId: "p1" }), ["whole task t1"]);
  assertEquals(await write("createTimeEntry", ok(tag)), []);
  assertEquals(await write("createNewTag", { kind: "limited", retryInMs: 1 }), []);
});

Deno.test("what cannot be written now is dropped at a bound, and whoever teaches does not notice", async () => {
  const stuck = Promise.withResolvers<never>();
  stuck.promise.catch(() => {});
  let statements = 0;
  const away = createLearner({
    db: { scoped: () => (statements++, stuck.promise) },
    clock: systemClock,
    log: LOG,
  });
  for (let number = 0; number < 5_000; number++) away.learn(id, [event("NEW_TAG", { id: `t${number}`, name: "T" })]);
  await assertRejectsLike(away.learnNow(id, [event("NEW_TAG", { id: "last", name: "T" })]), { code: "OVERLOADED" });
  stuck.reject(Object.assign(new Error("away"), { code: "ECONNREFUSED" }));
  await systemClock.sleep(0);
  assert(statements <= 21, `${statements}`);
});
