/** Tests of src/ingest: what is stored of a delivery, for whom it is refused, and when it makes a job. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { systemClock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import type { Delivery } from "../../src/ingest/delivery.ts";
import { createIngest } from "../../src/ingest/ingest.ts";
import { addInstallation, addListener, readJobs } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

const encode = (text: string) => new TextEncoder().encode(text);

function delivery(installationId: number, fields: Partial<Delivery> = {}): Delivery {
  return {
    installationId,
    generation: 1,
    eventType: "NEW_TIME_ENTRY",
    body: encode('{"id":"1"}'),
    entityKey: "time_entry:1",
    headers: { "clockify-webhook-event-type": "NEW_TIME_ENTRY" },
    requestId: "request-1",
    ...fields,
  };
}

function open(db: Database, options: { queueLimit?: number; onWork?: () => void } = {}) {
  return createIngest({ db, clock: systemClock, queueLimit: 1_000, onWork: () => {}, ...options });
}

interface StoredEvent {
  id: number;
  workspace_id: string;
  event_type: string;
  request_id: string;
  traceparent: string | null;
  headers: Record<string, string>;
  body: Uint8Array;
  outcome: string | null;
  reason: string | null;
}

async function events({ sql }: Database): Promise<StoredEvent[]> {
  return [
    ...await sql<StoredEvent[]>`
      select id, workspace_id, event_type, request_id, traceparent, headers, body, outcome, reason from event order by id`,
  ];
}

Deno.test("receive() stores everything the delivery says", async () => {
  const { db, stop } = await testDatabase();
  const installation = await addInstallation(db, { workspaceId: "workspace-1" });
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const headers = { "user-agent": 'Clockify "ü" \\ \u{1f600}', "x-signature": "[redacted]" };
  const receipt = await open(db).receive(delivery(installation, { headers, traceparent }));
  const [event] = await events(db);
  assertEquals(receipt, { eventId: event!.id, duplicate: false });
  assertEquals(event!.workspace_id, "workspace-1");
  assertEquals(event!.event_type, "NEW_TIME_ENTRY");
  assertEquals(event!.request_id, "request-1");
  assertStrictEquals(event!.traceparent, traceparent);
  assertEquals(event!.headers, headers);
  await stop();
});

Deno.test("receive() keeps bodies byte for byte, empty and invalid UTF-8 ones too", async () => {
  const { db, stop } = await testDatabase();
  const installation = await addInstallation(db);
  const ingest = open(db);
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 3_000 }),
    fc.constantFrom(new Uint8Array(), Uint8Array.of(0), Uint8Array.of(0xff, 0xfe, 0xed, 0xa0, 0x80), encode("\\x00")),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(body, { minLength: 1, maxLength: 20 }), async (bodies) => {
      const receipts = await Promise.all(
        bodies.map((body, index) => ingest.receive(delivery(installation, { body, entityKey: `batch:${index}` }))),
      );
      const stored = new Map((await events(db)).map(({ id, body }) => [id, body]));
      for (const [index, { eventId }] of receipts.entries()) {
        assert(Buffer.from(bodies[index]!).equals(stored.get(eventId)!));
      }
    }),
    { numRuns: 15 },
  );
  await stop();
});

Deno.test("receive() refuses an outdated generation with INSTALLATION_UNKNOWN and stores the rest of the batch", async () => {
  const { db, stop } = await testDatabase();
  const installation = await addInstallation(db, { generation: 3 });
  const gone = await addInstallation(db, { status: "uninstalled" });
  const ingest = open(db);
  const outcomes = await Promise.allSettled([
    ingest.receive(delivery(installation, { generation: 2, entityKey: "a:1" })),
    ingest.receive(delivery(installation, { generation: 3, entityKey: "a:2" })),
    ingest.receive(delivery(installation, { generation: 4, entityKey: "a:3" })),
    ingest.receive(delivery(gone, { entityKey: "a:4" })),
    ingest.receive(delivery(9_999, { entityKey: "a:5" })),
  ]);
  assertEquals(
    outcomes.map((outcome) => outcome.status === "rejected" ? outcome.reason.code : "stored"),
    ["INSTALLATION_UNKNOWN", "stored", "INSTALLATION_UNKNOWN", "INSTALLATION_UNKNOWN", "INSTALLATION_UNKNOWN"],
  );
  assertEquals((await events(db)).length, 1);
  await stop();
});

Deno.test("receive() makes a job only for an active installation with a listening flow", async () => {
  const { db, stop } = await testDatabase();
  const [active, inactive] = [await addInstallation(db), await addInstallation(db, { status: "inactive" })];
  for (const installationId of [active, inactive]) await addListener(db, { installationId, eventType: "NEW_TAG" });
  let wakeUps = 0;
  const ingest = open(db, { onWork: () => wakeUps++ });

  await ingest.receive(delivery(active, { entityKey: "a:1" }));
  await ingest.receive(delivery(inactive, { entityKey: "a:2", eventType: "NEW_TAG" }));
  assertEquals(await readJobs(db), []);
  assertEquals(wakeUps, 0);
  const { eventId } = await ingest.receive(delivery(active, { entityKey: "a:3", eventType: "NEW_TAG" }));
  assertEquals(wakeUps, 1);
  const again = await ingest.receive(delivery(active, { entityKey: "a:3", eventType: "NEW_TAG" }));
  assertEquals(again, { eventId, duplicate: true });
  assertEquals(wakeUps, 1);

  const jobs = await db.sql`select kind, installation_id, state, order_key, payload from job`;
  const job = {
    kind: "event",
    installation_id: active,
    state: "available",
    order_key: null,
    payload: { event_id: eventId },
  };
  assertEquals([...jobs], [job]);
  assertEquals((await events(db)).map(({ outcome, reason }) => [outcome, reason]), [
    ["skipped", "no_flow"],
    ["skipped", "installation_inactive"],
    [null, null],
  ]);
  await stop();
});

Deno.test("receive() knows each delivery of a batch by its own installation, type and sender's type", async () => {
  const { db, stop } = await testDatabase();
  const [one, other] = [await addInstallation(db), await addInstallation(db)];
  const inactive = await addInstallation(db, { status: "inactive" });
  await addListener(db, { installationId: one, eventType: "NEW_TAG" });
  await addListener(db, { installationId: other, eventType: "custom:shop" });
  await db.sql`update flow_trigger set custom_types = '{"order paid"}' where event_type = 'custom:shop'`;
  const types = [
    { eventType: "NEW_TAG" },
    { eventType: "NEW_TIME_ENTRY" },
    ...[undefined, "", "order paid", "order"].map((customType) => ({
      eventType: "custom:shop",
      customSource: "shop",
      customType,
    })),
  ];
  const sent = [one, other, inactive].flatMap((id) => types.map((type) => delivery(id, type)));
  const ingest = open(db);
  // Twice, so that each kind has several rows between those of others.
  const receipts = await Promise.all(
    ["a", "b"].flatMap((name) => sent.map((one, place) => ingest.receive({ ...one, entityKey: `${name}:${place}` }))),
  );
  const rows = await db.sql<Record<string, unknown>[]>`
    select event.id, event.installation_id, workspace_id, event_type, custom_type, event.reason, job.installation_id as job_of
    from event left join job on (job.payload->>'event_id')::bigint = event.id`;
  const stored = new Map(rows.map(({ id, ...row }) => [id, row]));
  const workspaces = new Map(
    (await db.sql`select id, workspace_id from installation`).map(({ id, workspace_id }) => [id, workspace_id]),
  );
  assertEquals(stored.size, 2 * sent.length);
  for (const [place, { eventId }] of receipts.entries()) {
    const { installationId, eventType, customType } = sent[place % sent.length]!;
    const isAwaited = installationId === one && eventType === "NEW_TAG" ||
      installationId === other && customType === "order paid";
    assertEquals(stored.get(eventId), {
      installation_id: installationId,
      workspace_id: workspaces.get(installationId),
      event_type: eventType,
      custom_type: customType ?? null,
      reason: installationId === inactive ? "installation_inactive" : isAwaited ? null : "no_flow",
      job_of: isAwaited ? installationId : null,
    });
  }
  await stop();
});

Deno.test("receive() orders the jobs of an entity when a listening flow asks for it", async () => {
  const { db, stop } = await testDatabase();
  const installation = await addInstallation(db);
  await addListener(db, { installationId: installation, eventType: "NEW_TAG" });
  await addListener(db, { installationId: installation, eventType: "NEW_TAG", ordered: true });
  const ingest = open(db);
  const bodies = ["1", "2", "3"].map(encode);
  const receipts = await Promise.all(
    bodies.map((body) => ingest.receive(delivery(installation, { eventType: "NEW_TAG", body, entityKey: "tag:7" }))),
  );
  const jobs = await db.sql<{ order_key: string; event_id: number }[]>`
    select order_key, (payload ->> 'event_id')::bigint as event_id from job order by id`;
  assertEquals(jobs.map(({ event_id }) => event_id), receipts.map(({ eventId }) => eventId));
  assertEquals([...new Set(jobs.map(({ order_key }) => order_key))], ["entity:tag:7"]);
  // Also of other types, which are stored in one batch.
  const types = ["NEW_TIME_ENTRY", "TIME_ENTRY_UPDATED", "TIMER_STOPPED", "TIME_ENTRY_DELETED"];
  for (const eventType of types) await addListener(db, { installationId: installation, eventType, ordered: true });
  const later = await Promise.all(types.map((eventType) => ingest.receive(delivery(installation, { eventType }))));
  const inOrder = await db.sql<{ event_id: number }[]>`
    select (payload ->> 'event_id')::bigint as event_id from job where order_key = 'entity:time_entry:1' order by id`;
  assertEquals(inOrder.map(({ event_id }) => event_id), later.map(({ eventId }) => eventId));
  await stop();
});

Deno.test("receive() fails a delivery the database cannot take alone", async () => {
  const { db, stop } = await testDatabase();
  const installation = await addInstallation(db);
  const ingest = open(db);
  const outcomes = await Promise.allSettled(
    ["request-1", "nul \0", "request-3"].map((requestId, index) =>
      ingest.receive(delivery(installation, { requestId, entityKey: `a:${index}` }))
    ),
  );
  assertEquals(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assertEquals((await events(db)).map(({ request_id }) => request_id), ["request-1", "request-3"]);
  await stop();
});

Deno.test("receive() refuses what goes beyond the limit: of one installation at it, of all at twice of it", async () => {
  const { db, stop } = await testDatabase();
  const [one, two, three] = [await addInstallation(db), await addInstallation(db), await addInstallation(db)];
  const ingest = open(db, { queueLimit: 2 });
  const outcomes = await Promise.allSettled(
    [one, one, one, two, three].map((installation, number) =>
      ingest.receive(delivery(installation, { entityKey: `a:${number}` }))
    ),
  );
  assertEquals(
    outcomes.map((outcome) => outcome.status === "fulfilled" ? "stored" : outcome.reason.code),
    ["stored", "stored", "OVERLOADED", "stored", "OVERLOADED"],
  );
  // What was refused is stored when it comes again.
  await ingest.receive(delivery(one, { entityKey: "a:2" }));
  assertEquals(ingest.waiting(), 0);
  await stop();
});

Deno.test("receive() bounds the bytes that wait: 20 bodies of 5 MB at once are stored or refused, small ones of others stored", async () => {
  const { db, stop } = await testDatabase();
  const [many, few] = [await addInstallation(db), await addInstallation(db)];
  const ingest = open(db);
  const large = Array.from({ length: 20 }, (_, index) => {
    const text = JSON.stringify({ id: String(index), padding: "x".repeat(5_242_000) });
    return delivery(many, { body: encode(text), text, entityKey: `a:${index}`, requestId: `large-${index}` });
  });
  const small = Array.from({ length: 20 }, (_, index) => delivery(few, { entityKey: `b:${index}` }));
  const sending = Promise.allSettled(large.map((one) => ingest.receive(one)));
  assert(ingest.waitingBytes() <= 33_554_432);
  const receipts = await Promise.all(small.map((one) => ingest.receive(one)));
  assertEquals(new Set(receipts.map(({ eventId }) => eventId)).size, 20);

  const outcomes = await sending;
  const stored = await db.sql<{ request_id: string; bytes: number; head: string }[]>`
    select request_id, octet_length(body) as bytes, convert_from(substring(body from 1 for 9), 'UTF8') as head
    from event where installation_id = ${many} order by id`;
  const ok = large.filter((_, index) => outcomes[index]!.status === "fulfilled");
  // As many as half of the room holds, fewer where the machine is slow.
  assert(ok.length >= 1);
  assertEquals(
    stored.map(({ request_id, bytes, head }) => [request_id, bytes, head]),
    ok.map(({ requestId, body, text }) => [requestId, body.byteLength, text!.slice(0, 9)]),
  );
  const codes = outcomes.flatMap((one) => one.status === "rejected" ? [one.reason.code] : []);
  assert(codes.filter((code) => code === "RATE_LIMITED").length >= 14);
  assertEquals(codes.filter((code) => code !== "RATE_LIMITED" && code !== "DATABASE_UNAVAILABLE"), []);
  assertEquals(ingest.waitingBytes(), 0);
  await stop();
});

Deno.test("receive() stores nothing of what it refused while the database was busy with something else", async () => {
  const { db, stop } = await testDatabase();
  const installation = await addInstallation(db);
  const ingest = open(db);
  await ingest.receive(delivery(installation, { entityKey: "a:0" }));
  const [held, locked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const busy = db.kind === "embedded"
    // One session for all: what comes meanwhile begins after it.
    ? db.sql`select pg_sleep(4)`.then(() => {})
    // Another instance that stands still in the middle of its transaction.
    : db.sql.begin(async (sql) => {
      await sql`select 1 from entity_head where installation_id = ${installation} for update`;
      locked.resolve();
      await held.promise;
    });
  if (db.kind === "postgres") await locked.promise;
  const first = ingest.receive(delivery(installation, { entityKey: "a:0", body: encode("[1]"), requestId: "begun" }));
  await assertRejectsLike(first, { code: "DATABASE_UNAVAILABLE", retryable: true });
  held.resolve();
  await busy;
  // Behind whatever was sent before.
  await ingest.receive(delivery(installation, { entityKey: "a:2" }));
  assertEquals((await events(db)).map(({ request_id }) => request_id), ["request-1", "request-1"]);
  await stop();
});

Deno.test("receive() answers DATABASE_UNAVAILABLE when no database is there", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const db = openPostgres({ url: `postgres://postgres@127.0.0.1:${port}/none`, poolSize: 1, applicationName: "tests" });
  await assertRejectsLike(open(db).receive(delivery(1)), { code: "DATABASE_UNAVAILABLE", retryable: true });
  await db.stop();
});
