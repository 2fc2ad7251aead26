/** Tests of how many calls by hand are made at once, of a person, of a workspace, and in all. */

import { assertEquals } from "@std/assert";
import { createExplorerPlaces, type Guest } from "../../src/explorer/places.ts";
import { assertRejectsLike } from "../support/assert_like.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";

const guest = (person: string, fields: Partial<Guest> = {}): Guest => ({
  workspace: "a",
  person,
  isStream: false,
  ...fields,
});

/** Lets everything that is ready go on. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("a person has three calls at once, a workspace six; those of another workspace wait for none of them", async () => {
  const places = createExplorerPlaces(createFakeClock());
  const first = await Promise.all([1, 2, 3].map(() => places.enter(guest("u1"))));
  let entered = 0;
  const waits = places.enter(guest("u1")).then((leave) => {
    entered++;
    return leave;
  });
  await Promise.all([1, 2, 3].map(() => places.enter(guest("u2"))));
  const third = places.enter(guest("u3")).then((leave) => {
    entered++;
    return leave;
  });
  await settled();
  assertEquals(entered, 0);
  await places.enter(guest("u9", { workspace: "b" }));
  first[0]!();
  await waits;
  first[1]!();
  await third;
  assertEquals(entered, 2);
});

Deno.test("a person reads one stream at a time, a workspace two, beside single calls; more are refused at once", async () => {
  const places = createExplorerPlaces(createFakeClock());
  const stream = (person: string) => places.enter(guest(person, { isStream: true }));
  const leave = await stream("u1");
  const refusal = { code: "RATE_LIMITED" as const, message: /streams of pages.*in progress/ };
  await assertRejectsLike(stream("u1"), refusal);
  await stream("u2");
  await assertRejectsLike(stream("u3"), refusal);
  await places.enter(guest("u1"));
  leave();
  leave();
  await stream("u3");
});

Deno.test("who waits is refused after 5 s, and a sixth that would wait at once", async () => {
  const clock = createFakeClock();
  const places = createExplorerPlaces(clock);
  await Promise.all([1, 2, 3].map(() => places.enter(guest("u1"))));
  const waiting = [1, 2, 3, 4, 5].map(() => places.enter(guest("u1")).then(() => "in", ({ code }) => code));
  await assertRejectsLike(places.enter(guest("u1")), { code: "RATE_LIMITED" });
  await clock.advance(5_001);
  assertEquals(await Promise.all(waiting), Array.from({ length: 5 }, () => "RATE_LIMITED"));
});
