/** Tests of the duplicate rule: a delivery equal to the latest event of its entity and type within its memory is a repeat. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import type { Database } from "../../src/db/db.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import type { Delivery, Receipt } from "../../src/ingest/delivery.ts";
import { createIngest, type Ingest } from "../../src/ingest/ingest.ts";
import { addInstallation, addListener, readJobs } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { unhurriedClock } from "../support/unhurried_clock.ts";

Deno.test.afterAll(stopSharedDatabase);

interface Sent {
  entity?: string;
  type?: string;
  body: string;
  memorySeconds?: number;
  keyDecides?: boolean;
}

function delivery(installationId: number, { entity, type = "TAG_UPDATED", body, ...rule }: Sent): Delivery {
  return {
    installationId,
    generation: 1,
    eventType: type,
    body: new TextEncoder().encode(body),
    entityKey: entity,
    headers: {},
    requestId: "request-1",
    ...rule,
  };
}

const open = (db: Database): Ingest => createIngest({ db, clock: unhurriedClock, queueLimit: 1_000, onWork: () => {} });

/** A fresh installation, and a function that sends to it and answers `new` or the place of the first one. */
async function sender(db: Database, ingest = open(db)) {
  const installation = await addInstallation(db);
  const ids: number[] = [];
  const place = ({ eventId, duplicate }: Receipt): string => {
    assertStrictEquals(ids.includes(eventId), duplicate, `event ${eventId}`);
    if (!duplicate) ids.push(eventId);
    return duplicate ? `repeat of ${ids.indexOf(eventId)}` : "new";
  };
  return {
    installation,
    send: async (sent: Sent) => place(await ingest.receive(delivery(installation, sent))),
    sendAll: async (all: Sent[]) =>
      (await Promise.all(all.map((sent) => ingest.receive(delivery(installation, sent))))).map(place),
  };
}

async function stored({ sql }: Database, installationId: number): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from event where installation_id = ${installationId}`;
  return row!.count;
}

const [A, B] = [{ entity: "tag:1", body: "A" }, { entity: "tag:1", body: "B" }];

Deno.test("receive() answers A, A with one event, and A, B, A with three", async () => {
  const { db, stop } = await testDatabase();
  const { send, installation } = await sender(db);
  assertEquals(await send(A), "new");
  assertEquals(await send(A), "repeat of 0");
  assertEquals(await send(B), "new");
  assertEquals(await send(A), "new");
  assertEquals(await send(A), "repeat of 2");
  assertEquals(await stored(db, installation), 3);
  await stop();
});

Deno.test("receive() keeps the order of an entity's deliveries that arrive together", async () => {
  const { db, stop } = await testDatabase();
  const { sendAll } = await sender(db);
  assertEquals(await sendAll([A, A, B, A, A]), ["new", "repeat of 0", "new", "new", "repeat of 2"]);
  await stop();
});

Deno.test("receive() knows a repeat whatever other types of its entity came between", async () => {
  const { db, stop } = await testDatabase();
  const { send, sendAll, installation } = await sender(db);
  const stopped = { entity: "timeEntry:1", type: "TIMER_STOPPED", body: "A" };
  const updated = { entity: "timeEntry:1", type: "TIME_ENTRY_UPDATED", body: "B" };
  assertEquals(await send(stopped), "new");
  assertEquals(await send(updated), "new");
  assertEquals(await send(stopped), "repeat of 0");
  assertEquals(await sendAll([updated, stopped, { ...updated, body: "C" }, stopped]), [
    "repeat of 1",
    "repeat of 0",
    "new",
    "repeat of 0",
  ]);
  assertEquals(await stored(db, installation), 3);
  await stop();
});

Deno.test("receive() lets the sender's id decide alone for as long as it is remembered, and forgets at once where nothing is", async () => {
  const { db, stop } = await testDatabase();
  const { send, sendAll, installation } = await sender(db);
  const age = (interval: string) =>
    db.sql`update entity_head set received_at = now() - ${interval}::interval where installation_id = ${installation}`;
  const named = { entity: "delivery:1:evt_9", type: "custom:shop", memorySeconds: 604_800, keyDecides: true };
  assertEquals(await send({ ...named, body: "A" }), "new");
  assertEquals(await sendAll([{ ...named, body: "B" }, { ...named, body: "A" }]), ["repeat of 0", "repeat of 0"]);
  await age("6 days 23 hours");
  assertEquals(await send({ ...named, body: "C" }), "repeat of 0");
  await age("7 days 1 second");
  assertEquals(await send({ ...named, body: "A" }), "new");

  const unnamed = { entity: "delivery:1:body:x", type: "custom:shop", body: "A", memorySeconds: 0, keyDecides: true };
  assertEquals(await sendAll([unnamed, unnamed, unnamed]), ["new", "new", "new"]);
  // As by a transaction that began before the one that it waited for.
  await db
    .sql`update entity_head set received_at = now() + interval '1 second' where installation_id = ${installation}`;
  assertEquals(await send(unnamed), "new");
  await stop();
});

Deno.test("receive() takes the same body for another event type, entity or installation as new", async () => {
  const { db, stop } = await testDatabase();
  const [first, second] = [await sender(db), await sender(db)];
  assertEquals(await first.send(A), "new");
  assertEquals(await first.send({ ...A, type: "NEW_TAG" }), "new");
  assertEquals(await first.send({ ...A, entity: "tag:2" }), "new");
  assertEquals(await second.send(A), "new");
  await stop();
});

Deno.test("receive() stores a repeat anew once the first is 24 hours old", async () => {
  const { db, stop } = await testDatabase();
  const { send, installation } = await sender(db);
  const age = (interval: string) =>
    db.sql`update entity_head set received_at = now() - ${interval}::interval where installation_id = ${installation}`;
  await send(A);
  await age("23 hours 59 minutes");
  assertEquals(await send(A), "repeat of 0");
  await age("24 hours 1 second");
  assertEquals(await send(A), "new");
  assertEquals(await send(A), "repeat of 1");
  await stop();
});

Deno.test("receive() takes the body as the entity where the body names no usable one", async () => {
  const { db, stop } = await testDatabase();
  for (const entity of [undefined, "tag:\0", "tag:\ud800", "tag:é", `tag:${"x".repeat(10_000)}`]) {
    const { send, sendAll } = await sender(db);
    assertEquals(await send({ entity, body: "A" }), "new");
    assertEquals(await send({ entity, body: "A" }), "repeat of 0");
    assertEquals(await sendAll(["B", "A", "B"].map((body) => ({ entity, body }))), [
      "new",
      "repeat of 0",
      "repeat of 1",
    ]);
  }
  await stop();
});

Deno.test("receive() makes one event and one job of 100 copies over two instances", async () => {
  const { db, url, stop } = await testDatabase();
  const installation = await addInstallation(db);
  await addListener(db, { installationId: installation, eventType: "TAG_UPDATED" });
  const other = url ? openPostgres({ url, poolSize: 4, applicationName: "timewire-tests" }) : db;
  for (const sent of [A, { body: "no entity" }]) {
    const before = await stored(db, installation);
    const ingests = [open(db), open(other)];
    const receipts = await Promise.all(
      Array.from({ length: 100 }, (_, index) => ingests[index % 2]!.receive(delivery(installation, sent))),
    );
    assertEquals(receipts.filter(({ duplicate }) => !duplicate).length, 1);
    assertEquals(new Set(receipts.map(({ eventId }) => eventId)).size, 1);
    assertEquals(await stored(db, installation), before + 1);
  }
  assertEquals((await readJobs(db)).length, 2);
  if (other !== db) await other.stop();
  await stop();
});

Deno.test("receive() of two instances with crossing entities neither deadlocks nor loses a delivery", async () => {
  const { db, url, stop } = await testDatabase();
  const installation = await addInstallation(db);
  const other = url ? openPostgres({ url, poolSize: 4, applicationName: "timewire-tests" }) : db;
  const ingests = [open(db), open(other)];
  const sends = Array.from({ length: 20 }, (_, entity) => [entity, 19 - entity]).flatMap(([up, down], round) => [
    ingests[0]!.receive(delivery(installation, { entity: `tag:${up}`, body: `first ${round}` })),
    ingests[1]!.receive(delivery(installation, { entity: `tag:${down}`, body: `second ${round}` })),
  ]);
  const receipts = await Promise.all(sends);
  assertEquals(new Set(receipts.map(({ eventId }) => eventId)).size, 40);
  assertEquals(await stored(db, installation), 40);
  if (other !== db) await other.stop();
  await stop();
});

Deno.test("receive() equals a model for any sequence of deliveries", async () => {
  const { db, stop } = await testDatabase();
  const ingest = open(db);
  const sent: fc.Arbitrary<Sent> = fc.record({
    entity: fc.constantFrom(undefined, "tag:1", "tag:2", "user:1", "bad:\0"),
    type: fc.constantFrom("NEW_TAG", "TAG_UPDATED"),
    body: fc.constantFrom("", "A", "B"),
  });
  const bursts = fc.array(fc.array(sent, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(bursts, async (bursts) => {
      const { sendAll, installation } = await sender(db, ingest);
      const latest = new Map<string, { said: string; place: number }>();
      let count = 0;
      const expected = bursts.flat().map(({ entity, type, body }) => {
        const key = `${type} ${entity === undefined || entity === "bad:\0" ? `body ${body}` : entity}`;
        const head = latest.get(key);
        if (head?.said === body) return `repeat of ${head.place}`;
        latest.set(key, { said: body, place: count++ });
        return "new";
      });
      // Answers of one burst may come in any order, so places of new events are told by their order of sending.
      const answers: string[] = [];
      for (const burst of bursts) answers.push(...await sendAll(burst));
      assertEquals(answers, expected);
      assertStrictEquals(await stored(db, installation), count);
    }),
    { numRuns: 30 },
  );
  await stop();
});

Deno.test("receive() stores equal copies that wait together as one, and counts them", async () => {
  const { db, stop } = await testDatabase();
  let statements = 0;
  const counting: Database = {
    ...db,
    scopedStatement: (...args) => {
      statements++;
      return db.scopedStatement(...args);
    },
  };
  const { installation, sendAll } = await sender(db, open(counting));
  const copy = { entity: "tag:1", body: "A" };
  const answers = await sendAll([
    ...Array.from({ length: 50 }, () => copy),
    { entity: "tag:1", body: "B" },
    ...Array.from({ length: 50 }, () => copy),
  ]);
  assertEquals(answers.filter((answer) => answer === "new").length, 3, "A, B and A again");
  assertEquals(await stored(db, installation), 3);
  assert(statements <= 5, `${statements} statements`);
  const [head] = await db.sql`select repeats from entity_head where installation_id = ${installation}`;
  assertEquals(head!.repeats, 49);
  await stop();
});
