/** Tests of one reader's queue: it stays small however slow the reader is, and the connection is kept alive or given up. */

import { assertEquals, assertMatch } from "@std/assert";
import type { Clock } from "../../src/base/clock.ts";
import { createStreamClient, type Message } from "../../src/stream/client.ts";

function makeClient() {
  let now = 0;
  let closed = 0;
  const clock: Clock = {
    now: () => now,
    monotonicMs: () => now,
    sleep: () => Promise.reject(new Error("nothing sleeps here")),
  };
  const client = createStreamClient({ clock, onClosed: () => closed++ });
  const reader = client.body.getReader();
  const utf8 = new TextDecoder();
  return {
    client,
    read: async () => {
      const { value, done } = await reader.read();
      return done ? undefined : utf8.decode(value);
    },
    cancel: () => reader.cancel(),
    pass: (ms: number) => now += ms,
    closed: () => closed,
  };
}

function told(id: number, count = 1): Message {
  return { event: "events", id, data: `{"n":${id}}`, count };
}

Deno.test("a reader gets messages in their order, each in the form of server-sent events", async () => {
  const { client, read } = makeClient();
  const early = read();
  client.push(told(1));
  assertEquals(await early, 'event: events\nid: 1\ndata: {"n":1}\n\n');
  client.push(told(2));
  client.push({ event: "runs", data: "{}" });
  assertEquals(await read(), 'event: events\nid: 2\ndata: {"n":2}\n\n');
  assertEquals(await read(), "event: runs\ndata: {}\n\n");
});

Deno.test("what a slow reader cannot take becomes one gap that counts it, then the stream goes on", async () => {
  const { client, read } = makeClient();
  for (let id = 1; id <= 10_000; id++) client.push(told(id, 2));
  assertEquals(await read(), 'event: gap\nid: 10000\ndata: {"missed":20000}\n\n');
  client.push(told(10_001));
  assertMatch((await read())!, /^event: events\nid: 10001\n/);
});

Deno.test("large messages fill the queue before 64 of them do", async () => {
  const { client, read } = makeClient();
  const large = "x".repeat(300_000);
  for (let id = 1; id <= 6; id++) client.push({ event: "events", id, data: large, count: 1 });
  assertEquals(await read(), 'event: gap\nid: 6\ndata: {"missed":6}\n\n');
});

Deno.test("a quiet stream beats every 15 s", async () => {
  const { client, read, pass } = makeClient();
  client.push(told(1));
  await read();
  pass(14_999);
  client.tick();
  pass(1);
  client.tick();
  assertEquals(await read(), ": hb\n\n");
});

Deno.test("a reader that takes nothing for a minute is cut off", () => {
  const { client, pass, closed } = makeClient();
  for (let id = 1; id <= 10; id++) client.push(told(id));
  pass(59_999);
  client.tick();
  assertEquals(closed(), 0);
  pass(1);
  client.tick();
  client.tick();
  assertEquals(closed(), 1);
  client.push(told(11));
});

Deno.test("the end is the last message, and a reader that leaves is told nothing more", async () => {
  const { client, read, closed } = makeClient();
  const pending = read();
  client.push(told(1));
  await pending;
  client.end("stopping");
  client.push(told(2));
  assertEquals(await read(), 'event: end\ndata: {"reason":"stopping"}\n\n');
  assertEquals(await read(), undefined);
  assertEquals(closed(), 1);

  const leaving = makeClient();
  await leaving.cancel();
  leaving.client.push(told(1));
  leaving.client.end("stopping");
  assertEquals(leaving.closed(), 1);
});
