/** Properties of paths and keys (src/engine/step_path.ts): each step has one, no two have the same, and any header can hold it. */

import { assert, assertEquals, assertMatch, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import { createHash } from "node:crypto";
import fc from "fast-check";
import {
  idempotencyKey,
  MAX_PATH_DEPTH,
  parentOf,
  parsePath,
  type PathPart,
  STEP_ID,
  stepPath,
} from "../../src/engine/step_path.ts";

const CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
const id = fc.string({ unit: fc.constantFrom(...CHARS), minLength: 1, maxLength: 64 });
const part: fc.Arbitrary<PathPart> = fc.oneof(
  fc.record({ id }),
  fc.record({ id, item: fc.integer({ min: 0, max: 999_999_999 }) }),
);
const parts = fc.array(part, { minLength: 1, maxLength: MAX_PATH_DEPTH });
const pathOf = (all: readonly PathPart[]) => all.reduce((path, one) => stepPath(one, path), "");
const RUN = "0192f0c1-2345-7abc-8def-0123456789ab";

Deno.test("a path says each of its steps, and reads back as it was made", () => {
  fc.assert(fc.property(parts, (all) => {
    const path = pathOf(all);
    assertEquals(parsePath(path), all);
    assertStrictEquals(parentOf(path), all.length === 1 ? undefined : pathOf(all.slice(0, -1)));
    assert(all.every((one) => STEP_ID.test(one.id)));
  }));
  assertEquals(pathOf([{ id: "root" }, { id: "each", item: 17 }, { id: "create" }]), "root/each#17/create");
});

Deno.test("no text that is not such a path reads as one", () => {
  for (
    const text of [
      "",
      "/",
      "root/",
      "/root",
      "root//a",
      "root/a b",
      "root/a#",
      "root/a#-1",
      "root/a#01",
      "root/ä",
      "a#1#2",
    ]
  ) {
    assertEquals(parsePath(text), undefined, text);
  }
  assertEquals(parsePath("x".repeat(65)), undefined);
  assertEquals(parsePath(Array(MAX_PATH_DEPTH + 1).fill("a").join("/")), undefined);
  fc.assert(fc.property(fc.string(), (text) => {
    const read = parsePath(text);
    assert(read === undefined || pathOf(read) === text);
  }));
});

Deno.test("steps deeper than the limit are refused with a reason", () => {
  const deepest = pathOf(Array.from({ length: MAX_PATH_DEPTH }, (_, n) => ({ id: `s${n}` })));
  assertThrowsLike(() => stepPath({ id: "one_more" }, deepest), { code: "RUN_LIMIT_REACHED" });
});

Deno.test("a key has at most 200 characters that a header may hold, and two steps, runs or plans never share one", () => {
  const plan = fc.option(fc.integer({ min: 1, max: 1_000_000_000 }), { nil: null });
  fc.assert(fc.property(fc.tuple(parts, plan), fc.tuple(parts, plan), ([one, onePlan], [other, otherPlan]) => {
    const keys = [idempotencyKey(RUN, pathOf(one), onePlan), idempotencyKey(RUN, pathOf(other), otherPlan)] as const;
    for (const key of keys) {
      assert(key.length <= 200, key);
      assertMatch(key, /^[\x21-\x7e]+$/);
    }
    const same = pathOf(one) === pathOf(other) && onePlan === otherPlan;
    assertEquals(keys[0] === keys[1], same);
    assertNotStrictEquals(keys[0], idempotencyKey(RUN.replace("0192", "0193"), pathOf(one), onePlan));
  }));
});

Deno.test("a short key is the path itself; a long one its hash", () => {
  assertEquals(idempotencyKey(RUN, "root/create"), `${RUN}/root/create`);
  assertEquals(idempotencyKey(RUN, "root/create", 7), `${RUN}/root/create@7`);
  const long = Array(4).fill("x".repeat(60)).join("/");
  const hash = createHash("sha256").update(long).digest("hex");
  assertEquals(idempotencyKey(RUN, long), `${RUN}/${hash}`);
  assertEquals(idempotencyKey(RUN, long, 7), `${RUN}/${hash}@7`);
  const edge = "y".repeat(200 - RUN.length - 1);
  assertEquals(idempotencyKey(RUN, edge), `${RUN}/${edge}`);
});
