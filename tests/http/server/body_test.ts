/** Reading bodies: how long one may take, and what it holds meanwhile. */

import { assert, assertEquals } from "@std/assert";
import { assertRejectsLike, assertThrowsLike } from "../../support/assert_like.ts";
import type { AppError } from "../../../src/base/errors.ts";
import { readBody } from "../../../src/http/server/body.ts";
import { createBodyAccount } from "../../../src/http/server/body_account.ts";
import { createFakeClock } from "../../clockify/fake_clock.ts";

const hasCode = (code: string) => (error: AppError) => error.code === code;
const MB = 1_048_576;

/** A request whose body comes as the test feeds it. */
function fedRequest(headers: Record<string, string> = {}) {
  let stream!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream({ start: (controller) => void (stream = controller) });
  return {
    request: new Request("http://x/", { method: "POST", headers, body }),
    feed: (bytes: number) => stream.enqueue(new Uint8Array(bytes)),
    finish: () => stream.close(),
  };
}

/** Lets what is under way take its steps. */
const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

function startAccount(totalBytes = 48 * MB) {
  const clock = createFakeClock();
  const refused: string[] = [];
  const account = createBodyAccount({ clock, totalBytes, onRefused: (cause) => refused.push(cause) });
  return { clock, refused, account };
}

Deno.test("readBody() gives up on a body that is not whole after half a minute, and holds nothing of what still comes", async () => {
  const { clock, account, refused } = startAccount();
  const { request, feed } = fedRequest();
  feed(1);
  const slow = readBody(request, { maxBytes: 100, hold: account.open("192.0.2.1") });
  let ended = false;
  slow.catch(() => ended = true);
  await clock.advance(29_900);
  assertEquals(ended, false);
  await clock.advance(1_100);
  await assertRejectsLike(slow, hasCode("BODY_TOO_SLOW"));
  // What arrives of it afterwards takes no room.
  feed(50);
  await settle();
  assertEquals([account.held(), refused], [{ strangers: 0, senders: 0 }, ["too_slow"]]);
});

Deno.test("within() is timed from its own beginning, whoever reads beside it", async () => {
  const { clock, account } = startAccount();
  let finishFirst = (_: string) => {};
  const first = account.open("").within(new Promise<string>((resolve) => finishFirst = resolve));
  await clock.advance(20_000);
  const second = account.open("").within(new Promise<string>(() => {}));
  second.catch(() => {});
  finishFirst("whole");
  assertEquals(await first, "whole");
  let ended = false;
  second.catch(() => ended = true);
  await clock.advance(29_000);
  assertEquals(ended, false);
  await clock.advance(2_000);
  assertEquals(ended, true);
  await assertRejectsLike(second, hasCode("BODY_TOO_SLOW"));
  await clock.advance(2_000);
});

Deno.test("readBody() says REQUEST_INVALID of a body that is cut short", async () => {
  const { account } = startAccount();
  const body = new ReadableStream({ pull: (controller) => controller.error(new Error("reset")) });
  const request = new Request("http://x/", { method: "POST", body });
  await assertRejectsLike(readBody(request, { maxBytes: 100, hold: account.open("") }), hasCode("REQUEST_INVALID"));
});

Deno.test("readBody() holds what has arrived, not what was declared, and all of it until the request ends", async () => {
  const { account } = startAccount();
  const hold = account.open("192.0.2.1");
  const { request, feed, finish } = fedRequest({ "content-length": String(5 * MB) });
  const reading = readBody(request, { maxBytes: 5 * MB, hold });
  feed(1);
  await settle();
  assert(account.held().strangers <= 65_536, `${account.held().strangers}`);
  for (let sent = 1; sent < 5 * MB; sent += 65_536) {
    feed(Math.min(65_536, 5 * MB - sent));
    await settle();
    assert(account.held().strangers <= 2 * (sent + 65_536), `${account.held().strangers} after ${sent}`);
  }
  finish();
  assertEquals((await reading).byteLength, 5 * MB);
  assertEquals(account.held(), { strangers: 5 * MB, senders: 0 });
  hold.knownAs("addon w1");
  assertEquals(account.held(), { strangers: 0, senders: 5 * MB });
  hold.end();
  hold.end();
  assertEquals(account.held(), { strangers: 0, senders: 0 });
});

Deno.test("a body that finds no room is refused at that chunk, and gives back what it had", async () => {
  const { account, refused } = startAccount(12 * MB);
  account.open("192.0.2.1").resize(1.5 * MB);
  const hold = account.open("192.0.2.1");
  const { request, feed } = fedRequest();
  const reading = readBody(request, { maxBytes: 2 * MB, hold });
  reading.catch(() => {});
  feed(300_000);
  await settle();
  feed(300_000);
  await assertRejectsLike(reading, hasCode("RATE_LIMITED"));
  hold.end();
  assertEquals([account.held().strangers, refused], [1.5 * MB, ["address"]]);
});

Deno.test("shares: strangers by address and together, senders by installation and together, none out of the other's", () => {
  const { account, refused } = startAccount(12 * MB);
  const take = (bytes: number, { address = "192.0.2.1", key }: { address?: string; key?: string } = {}) => {
    const hold = account.open(address);
    if (key !== undefined) hold.knownAs(key);
    hold.resize(bytes);
    return hold;
  };
  take(2 * MB);
  assertThrowsLike(() => take(1), hasCode("RATE_LIMITED"));
  // One person has all addresses of an IPv6 network.
  const first = take(0.5 * MB, { address: "2001:db8::1" });
  assertThrowsLike(() => take(0.5 * MB + 1, { address: "2001:db8::ffff:1" }), hasCode("OVERLOADED"));
  first.resize(1 * MB);
  assertThrowsLike(() => take(1, { address: "198.51.100.1" }), hasCode("OVERLOADED"));

  for (const key of ["a", "b", "c"]) take(3 * MB, { key });
  assertThrowsLike(() => take(1, { key: "a" }), hasCode("RATE_LIMITED"));
  assertThrowsLike(() => take(1, { key: "d" }), hasCode("OVERLOADED"));
  assertEquals(account.held(), { strangers: 3 * MB, senders: 9 * MB });
  assertEquals(refused, ["address", "strangers", "strangers", "installation", "senders"]);
});

Deno.test("a body under way for 2 s gives its room to others that find none, the oldest first", async () => {
  const { clock, account, refused } = startAccount(12 * MB);
  const start = (address: string) => {
    const hold = account.open(address);
    hold.resize(1.5 * MB);
    const state = { ended: undefined as string | undefined, hold };
    hold.within(new Promise(() => {})).catch((error) => state.ended = error.code);
    return state;
  };
  const oldest = start("192.0.2.1");
  await clock.advance(1_000);
  const older = start("192.0.2.2");
  assertThrowsLike(() => start("192.0.2.3"), hasCode("OVERLOADED"));
  await clock.advance(1_500);
  const newest = start("192.0.2.3");
  await settle();
  assertEquals([oldest.ended, older.ended, newest.ended], ["BODY_TOO_SLOW", undefined, undefined]);
  assertEquals(account.held().strangers, 3 * MB);
  // What comes for it nevertheless takes no room.
  assertThrowsLike(() => oldest.hold.resize(1.6 * MB), hasCode("BODY_TOO_SLOW"));
  assertEquals(refused, ["strangers", "gave_way"]);
  for (const { hold } of [oldest, older, newest]) hold.end();
  assertEquals(account.held(), { strangers: 0, senders: 0 });
  await clock.advance(31_000);
});

Deno.test("readBody() gives others a turn between chunks, and refuses a body of very many small ones", async () => {
  const { account } = startAccount();
  const read = async (chunks: number, bytes: number) => {
    const { request, feed, finish } = fedRequest();
    for (let sent = 0; sent < chunks; sent++) feed(bytes);
    finish();
    let turns = 0;
    let over = false;
    const ticking = (async () => {
      for (; !over; turns++) await settle();
    })();
    try {
      return { size: (await readBody(request, { maxBytes: 5 * MB, hold: account.open("") })).byteLength, turns };
    } finally {
      over = true;
      await ticking;
    }
  };
  const small = await read(400, 1);
  assert(small.size === 400 && small.turns >= 4, `${small.turns} turns`);
  await assertRejectsLike(read(700, 1), hasCode("REQUEST_INVALID"));
  assertEquals((await read(2_000, 2_000)).size, 4_000_000);
});
