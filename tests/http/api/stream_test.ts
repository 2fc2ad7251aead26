/** Tests of /ui/stream at the door: what a reader is told, how it comes back, who sees what, and how a stream ends. */

import { assert, assertEquals, assertMatch, assertNotMatch, assertStrictEquals } from "@std/assert";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { Query } from "../../../src/db/db.ts";
import { streamMessage } from "../../../src/http/api/stream.ts";
import { newKey } from "../../../src/secrets/encryption.ts";
import { assertFits } from "../../support/contract_answers.ts";
import { eventually, OPERATOR_KEY, startWorld, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ownTimeMs } from "../../support/own_time.ts";
import { ask, assertProblem, type Json } from "../door.ts";

const EVENT = "NEW_TASK";
const ENCRYPTION_KEYS = newKey("test");
const SECRET = "marker-address@secret.example";

let world: World;
let installationId: number;
let admin: Record<string, string>;
let member: Record<string, string>;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "1000", ENCRYPTION_KEYS } }, async (made) => {
  world = made;
  ({ admin, member, installationId } = await world.enter("universal_webhook"));
});

interface Stream {
  /** The next message of this kind; what comes before it is passed over. Fails when the stream ends first. */
  next(event: string): Promise<{ id?: string; data: Json }>;
  /** All that is left until the stream ends. */
  rest(): Promise<string[]>;
  close(): Promise<void>;
}

async function open(query = "", headers = admin, base = world.url("universal_webhook")): Promise<Stream> {
  const response = await fetch(`${base}/ui/stream${query}`, { headers, signal: AbortSignal.timeout(120_000) });
  assertEquals(response.status, 200, response.ok ? "" : await response.text());
  assertMatch(response.headers.get("content-type")!, /^text\/event-stream/);
  assertEquals(response.headers.get("cache-control"), "no-store");
  const messages: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => messages.push(message) });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const read = async () => {
    const { value, done } = await reader.read();
    if (!done) parser.feed(value);
    return !done;
  };
  return {
    next: async (event) => {
      for (;;) {
        const message = messages.shift();
        if (message) {
          const { event, data } = message;
          assertFits(streamMessage, { event, data: JSON.parse(data) }, `a message "${event}"`);
        }
        if (message?.event === event) return { id: message.id, data: JSON.parse(message.data) };
        if (!message && !await read()) throw new Error(`The stream ended before "${event}"`);
      }
    },
    rest: async () => {
      while (await read());
      return messages.map(({ event }) => event!);
    },
    close: () => reader.cancel(),
  };
}

async function deliver(payload: Record<string, unknown>, event = EVENT) {
  const { simulator, workspaceId } = world;
  await simulator.deliver({ workspaceId, event, payload: { id: crypto.randomUUID(), workspaceId, ...payload } });
}

/** Writes events straight into the table, as another instance would; gives their ids. */
async function add(count: number, options: { type?: string; sql?: Query } = {}): Promise<number[]> {
  const { type = EVENT, sql = world.database.db.sql } = options;
  const rows = await sql<{ id: number }[]>`
    insert into event (id, installation_id, workspace_id, event_type, entity_key, request_id, headers, body, outcome, finished_at)
    select nextval('event_id_seq'), ${installationId}, ${world.workspaceId}, ${type}, 'body:0', 'r', '{}',
      ${new TextEncoder().encode('{"name":"x"}')}, 'skipped', now() from generate_series(1, ${count})
    returning id`;
  return rows.map(({ id }) => id);
}

/** An event that has its id and is not committed yet. */
async function addLate(): Promise<{ id: number; commit(): Promise<unknown> }> {
  const { db } = world.database;
  if (db.kind === "embedded") {
    // It has one session, where no other transaction ends while this one is open: the id is drawn, the row comes later.
    const [{ id }] = await db.sql<[{ id: number }]>`select nextval('event_id_seq') as id`;
    const insert = () =>
      db.sql`
        insert into event (id, installation_id, workspace_id, event_type, entity_key, request_id, headers, body, outcome)
        values (${id}, ${installationId}, ${world.workspaceId}, ${EVENT}, 'body:0', 'r', '{}', '', 'skipped')`;
    return { id, commit: async () => await insert() };
  }
  const drawn = Promise.withResolvers<number>();
  const held = Promise.withResolvers<void>();
  const committed = db.transaction(async (sql) => {
    const [id] = await add(1, { sql });
    drawn.resolve(id!);
    await held.promise;
  });
  return {
    id: await drawn.promise,
    commit: () => {
      held.resolve();
      return committed;
    },
  };
}

/** As if all that is stored had come a minute ago: nothing is looked for among it any more. */
async function settle() {
  await world.database.db.sql`update event set received_at = received_at - interval '1 minute'`;
}

/** Gives the address of another instance on the same database, whose tail is a new one. */
async function withSecond(work: (base: string) => Promise<void>) {
  const second = await startWorld({
    database: world.database,
    env: { CLOCKIFY_PUBLIC_KEY: world.simulator.publicKeyPem, ENCRYPTION_KEYS },
  });
  try {
    await work(second.url("universal_webhook"));
  } finally {
    await second.stop();
  }
}

async function openStreams(): Promise<number> {
  const { body } = await ask(`${world.url("universal_webhook")}/metrics`);
  return Number(/^\S*streams_open\{service="universal-webhook[^}]*\} (\d+)/m.exec(body)?.[1] ?? 0);
}

Deno.test("an event is told as the list has it, to admins whole and to members redacted", async () => {
  const streams = [await open(), await open("", member)];
  for (const stream of streams) {
    const hello = await stream.next("hello");
    assertEquals(hello.data.heartbeat_seconds, 15);
    assertStrictEquals(hello.id, hello.data.head);
  }
  await deliver({ name: SECRET });
  const [seen, shown] = await Promise.all(streams.map((stream) => stream.next("events")));
  const [row] = seen!.data.events;
  assertEquals([row.event_type, row.subject, seen!.id, seen!.data.skipped], [EVENT, SECRET, row.id, 0]);
  const listed = await ask(`${world.url("universal_webhook")}/ui/webhooks?q=${row.id}`, { headers: admin });
  assertEquals(row, listed.body.webhooks[0]);
  assertStrictEquals(shown!.data.events[0].id, row.id);
  assertNotMatch(JSON.stringify(shown!.data), new RegExp(SECRET));
  for (const stream of streams) await stream.close();
  await eventually(async () => await openStreams() === 0);
});

Deno.test("what comes of an event is told: its outcome, and its runs as they change", async () => {
  const stream = await open();
  await stream.next("hello");
  const flow = await ask(`${world.url("universal_webhook")}/ui/flows`, {
    headers: admin,
    body: { name: "Read", trigger_event_types: ["NEW_CLIENT"], actions: [{ operation_id: "getTags" }] },
  });
  await deliver({ name: "Harbour" }, "NEW_CLIENT");
  const { data } = await stream.next("events");
  const [row] = data.events;
  const run = await eventually(async () => {
    const runs = (await stream.next("runs")).data.runs;
    return runs.find(({ state }: Json) => state === "completed");
  });
  assertEquals([run.flow_id, run.event_id, run.flow_name], [flow.body.id, row.id, "Read"]);
  const update = await eventually(async () => {
    const { events } = (await stream.next("updates")).data;
    return events.find(({ id, runs }: Json) => id === row.id && runs.completed === 1);
  });
  assertEquals([update.outcome, update.runs], [
    "dispatched",
    { total: 1, active: 0, completed: 1, failed: 0 },
  ]);
  assert(update.took_ms >= 0);
  await stream.close();
});

Deno.test("a reader that comes back is told what it missed; too much of it is a gap", async () => {
  await settle();
  const [first, ...missed] = await add(4);
  const back = await open(`?last_event_id=${first}`);
  const hello = await back.next("hello");
  assertEquals(hello.id, undefined, "its own id stays until it was told");
  const { id, data } = await back.next("events");
  assertEquals(data.events.map((row: Json) => Number(row.id)), missed);
  assertEquals(id, String(missed.at(-1)));
  await back.close();

  const many = await add(1_001);
  const late = await open("", { ...admin, "last-event-id": String(first) });
  const gap = await late.next("gap");
  assertEquals([gap.data.missed, gap.id], [null, String(many.at(-1))]);
  const [next] = await add(1);
  assertEquals((await late.next("events")).data.events.map((row: Json) => row.id), [String(next)]);
  await late.close();

  for (const query of ["last_event_id=x", "last_event_id=-1", "types=%00", "types="]) {
    const answer = await ask(`${world.url("universal_webhook")}/ui/stream?${query}`, { headers: admin });
    assertProblem(answer, 400, "REQUEST_INVALID");
  }
});

Deno.test("types narrow the events", async () => {
  const stream = await open("?types=NEW_PROJECT,NEW_CLIENT");
  await stream.next("hello");
  await add(3);
  const [wanted] = await add(1, { type: "NEW_PROJECT" });
  const { data } = await stream.next("events");
  assertEquals(data.events.map((row: Json) => row.id), [String(wanted)]);
  await stream.close();
});

Deno.test("an id that is committed after a higher one is told when it appears", async () => {
  const stream = await open();
  await stream.next("hello");
  const late = await addLate();
  const [higher] = await add(1);
  const told = await stream.next("events");
  assertEquals([told.id, told.data.events.length], [String(higher), 1]);
  await late.commit();
  const { id, data } = await stream.next("events");
  assertEquals(data.events.map((row: Json) => row.id), [String(late.id)]);
  assertEquals(id, String(higher), "the reader's place does not go back");
  await stream.close();
});

Deno.test("what is committed late, below the id that a reader was told before it went, is told when it comes back", async () => {
  await add(3);
  await settle();
  const stream = await open();
  await stream.next("hello");
  const late = await addLate();
  const [higher] = await add(1);
  assertEquals((await stream.next("events")).id, String(higher));
  await stream.close();
  await late.commit();

  await withSecond(async (base) => {
    const back = await open("", { ...admin, "last-event-id": String(higher) }, base);
    const { id, data } = await back.next("events");
    assertEquals(
      data.events.map((row: Json) => row.id),
      [String(late.id)],
      "and what is settled is not told again",
    );
    assertEquals(id, String(higher));
    await back.close();

    const [first] = await add(600);
    const many = await open("", { ...admin, "last-event-id": String(first! + 500) }, base);
    assertEquals((await many.next("events")).data.events[0].id, String(late.id), "up to 1,000 in all");
    await many.close();
    const newest = (await add(600)).at(-1);
    const more = await open("", { ...admin, "last-event-id": String(newest) }, base);
    assertEquals((await more.next("gap")).data, { missed: null }, "with more the reader is to read the list anew");
    await more.close();
  });
});

Deno.test("a reader that comes while an event is not committed yet is told it, however many follow that event", async () => {
  const late = await addLate();
  await add(1_500);
  await withSecond(async (base) => {
    const stream = await open("", admin, base);
    await stream.next("hello");
    await late.commit();
    assertEquals((await stream.next("events")).data.events.map((row: Json) => row.id), [String(late.id)]);
    await stream.close();
  });
});

Deno.test("beyond 200 rows a second a reader is told how many were left out, and no event counts twice", async () => {
  const stream = await open();
  await stream.next("hello");
  const made = await add(2_000);
  let rows = 0;
  let skipped = 0;
  while (rows + skipped < made.length) {
    const { data } = await stream.next("events");
    assert(data.events.length <= 100);
    rows += data.events.length;
    skipped += data.skipped;
  }
  assertEquals(rows + skipped, made.length);
  assert(rows >= 200 && skipped > 0, `${rows} told, ${skipped} left out`);
  await stream.close();
});

Deno.test("another workspace sees nothing of it", async () => {
  const [, other] = await world.simulator.workspaces();
  await world.install("universal_webhook", other!.id);
  const stranger = await world.viewer("universal_webhook", {
    workspaceId: other!.id,
    userId: other!.users.find(({ role }) => role === "OWNER")!.id,
  });
  const theirs = await open("", stranger);
  await theirs.next("hello");
  await add(5);
  const workspaceId = other!.id;
  await world.simulator.deliver({ workspaceId, event: EVENT, payload: { id: "t1", workspaceId, name: "Theirs" } });
  const { data } = await theirs.next("events");
  assertEquals(data.events.map((row: Json) => [row.workspace_id, row.subject]), [[workspaceId, "Theirs"]]);
  await theirs.close();
});

Deno.test("a ninth stream of a login is refused with 429 and Retry-After, and let in when another ended", async () => {
  await eventually(async () => await openStreams() === 0);
  const headers = { "x-api-key": OPERATOR_KEY };
  const query = `?workspace_id=${world.workspaceId}`;
  const streams = await Promise.all(Array.from({ length: 8 }, () => open(query, headers)));
  const refused = await ask(`${world.url("universal_webhook")}/ui/stream${query}`, { headers });
  assertProblem(refused, 429, "RATE_LIMITED");
  assertEquals(refused.headers.get("retry-after"), "5");
  const another = await open();
  await another.close();
  await streams.pop()!.close();
  await eventually(async () => await openStreams() === 7);
  streams.push(await open(query, headers));
  for (const stream of streams) await stream.close();
  await eventually(async () => await openStreams() === 0);
});

Deno.test("eight members with eight streams each leave places to admins and operators; a thousand tries change nothing", async () => {
  await eventually(async () => await openStreams() === 0);
  const { simulator, workspaceId, memberId } = world;
  const { addonKey } = world.serving.core.listeners.find((one) => one.profile.key === "universal_webhook")!.app;
  const { addonId } = (await simulator.listInstallations()).find((one) =>
    one.addonKey === addonKey && one.workspaceId === workspaceId
  )!;
  const memberOf = async (index: number) => ({
    "x-addon-token": await simulator.signToken({
      kind: "user",
      addonKey,
      workspaceId,
      addonId,
      userId: memberId.slice(0, -1) + index,
      workspaceRole: "MEMBER",
      expiresInSeconds: 600,
    }),
  });
  const members = await Promise.all(Array.from({ length: 8 }, (_, index) => memberOf(index)));
  const base = world.url("universal_webhook");
  const tries = await Promise.all(
    members.flatMap((headers) => Array.from({ length: 8 }, () => fetch(`${base}/ui/stream`, { headers }))),
  );
  const held = tries.filter(({ status }) => status === 200);
  assertEquals([held.length, tries.filter(({ status }) => status === 429).length], [48, 16]);
  for (const { status, body } of tries) if (status !== 200) await body!.cancel();
  const own = [
    await open(),
    await open(`?workspace_id=${workspaceId}`, { "x-api-key": OPERATOR_KEY }),
  ];
  for (let round = 0; round < 20; round++) {
    const more = await Promise.all(Array.from({ length: 50 }, () => ask(`${base}/ui/stream`, { headers: member })));
    assertEquals([...new Set(more.map(({ status }) => status))], [429]);
  }
  assertEquals(await openStreams(), 50);
  await own[0]!.next("hello");
  for (const stream of own) await stream.close();
  for (const { body } of held) await body!.cancel();
  await eventually(async () => await openStreams() === 0);
});

Deno.test("two instances on one database show each other's events", () =>
  withSecond(async (base) => {
    const stream = await open("", admin, base);
    await stream.next("hello");
    await deliver({ name: "From the other one" });
    assertEquals((await stream.next("events")).data.events[0].subject, "From the other one");
    await stream.close();
  }));

Deno.test("a stream ends with its token, with the session of its page, and at an uninstall", async () => {
  const { simulator, workspaceId, ownerId } = world;
  const { addonKey } = world.serving.core.listeners.find((one) => one.profile.key === "universal_webhook")!.app;
  const { addonId } = (await simulator.listInstallations()).find((one) =>
    one.addonKey === addonKey && one.workspaceId === workspaceId
  )!;
  const about = { kind: "user", addonKey, workspaceId, addonId, userId: ownerId, workspaceRole: "OWNER" } as const;
  let stream: Stream | undefined;
  // On a busy machine the first ones may be over before they are used.
  for (let seconds = 1; stream === undefined && seconds < 100; seconds *= 2) {
    const token = await simulator.signToken({ ...about, expiresInSeconds: seconds });
    stream = await open("", { "x-addon-token": token }).catch(() => undefined);
  }
  assert(stream, "no token was let in");
  assertEquals((await stream.next("end")).data, { reason: "token_expired" });
  assertEquals(await stream.rest(), []);

  const operators = `http://127.0.0.1:${world.serving.operatorPort}`;
  const page = { "sec-fetch-site": "same-origin" };
  const signedIn = await ask(`${operators}/api/v1/session`, { body: { key: OPERATOR_KEY }, headers: page });
  const cookie = signedIn.headers.get("set-cookie")!.split(";")[0]!;
  const query = `?workspace_id=${workspaceId}`;
  const ofPage = await open(query, { ...page, cookie }, `${operators}/addons/universal_webhook`);
  await ofPage.next("hello");
  await ask(`${operators}/api/v1/session`, { method: "DELETE", headers: { ...page, cookie } });
  assertEquals((await ofPage.next("end")).data, { reason: "token_expired" });

  const staying = await open();
  await staying.next("hello");
  await world.database.db.sql`update installation set generation = generation + 1 where id = ${installationId}`;
  assertEquals((await staying.next("end")).data, { reason: "uninstalled" });
  await staying.rest();
});

Deno.test("a stop ends open streams at once, those of readers that take nothing too", async () => {
  const reading = await open();
  await reading.next("hello");
  const { hostname, port } = new URL(world.url("universal_webhook"));
  const stuck = await Deno.connect({ hostname, port: Number(port) });
  const head = `GET /ui/stream HTTP/1.1\r\nhost: x\r\nx-addon-token: ${admin["x-addon-token"]}\r\n\r\n`;
  await stuck.write(new TextEncoder().encode(head));
  await eventually(async () => await openStreams() === 2);
  const rest = reading.rest();
  const tookMs = await ownTimeMs(() => Promise.all([rest, world.serving.stop()]));
  assertEquals((await rest).at(-1), "end");
  assert(tookMs < 2_000, "well below the grace of requests under way");
  stuck.close();
});
