/** Faults of a body: what is needed or must be, and which field is not known, in words for people. */

import { assert, assertEquals } from "@std/assert";
import { z } from "zod";
import { readForm } from "../../../src/http/api/body_faults.ts";

const schema = z.strictObject({
  name: z.string().max(5),
  definition: z.record(z.string(), z.unknown()),
  rate: z.int().min(1).max(10).optional(),
  state: z.enum(["on", "off"]).optional(),
  ids: z.array(z.string()).min(1).optional(),
  either: z.union([z.string(), z.int()]).optional(),
  step: z.discriminatedUnion("type", [
    z.object({ type: z.literal("a").default("a") }),
    z.object({ type: z.literal("b") }),
  ])
    .optional(),
  own: z.string("must be a word").optional(),
  inner: z.strictObject({ a: z.boolean() }, "must be an object of a").optional(),
}, "must be an object");

function faultsOf(input: unknown): string[] {
  const read = readForm(schema, input);
  return read.ok ? [] : read.faults.map(({ path, message }) => `${path}: ${message}`);
}

Deno.test("readForm() gives what fits, and says of each fault what to send", () => {
  const good = { name: "a", definition: {} };
  assertEquals(readForm(schema, good), { ok: true, value: good });
  assertEquals(faultsOf({}), ["name: is needed: text", "definition: is needed: an object"]);
  assertEquals(faultsOf([]), [": must be an object"]);
  const wrong = { ...good, name: "abcdef", rate: 0, state: "x", ids: [], either: {}, own: 1, inner: { a: 1 } };
  assertEquals(faultsOf(wrong), [
    "name: must be text of at most 5 characters",
    "rate: must be at least 1",
    'state: must be "on" or "off"',
    "ids: must hold at least 1",
    "either: has none of the forms that it may have",
    "own: must be a word",
    "inner.a: must be true or false",
  ]);
  assertEquals(faultsOf({ ...good, step: { type: "c" } }), ['step.type: must be "a" or "b"']);
  assertEquals(faultsOf({ ...good, rate: 1.5 }), ["rate: must be a whole number"]);
});

Deno.test("readForm() names the fields that are not known, with what may have been meant, 20 at most", () => {
  const good = { name: "a", definition: {} };
  assertEquals(faultsOf({ ...good, stat: "on" }), ['stat: "stat" is not known here; did you mean "state"?']);
  assertEquals(faultsOf({ ...good, inner: { a: true, b: 1 } }), ["inner.b: is not known here"]);
  // What may be a key or a token in the wrong place is not repeated.
  for (const secret of [crypto.randomUUID(), "sk_live_4eC39HqLyjWDarjtT1", "x".repeat(60)]) {
    const [fault] = faultsOf({ ...good, [secret]: 1 });
    assert(fault!.includes("a field that is not known here") && !fault!.includes(secret), fault);
  }
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`field${n}`, n]));
  const found = faultsOf({ ...good, ...many });
  assertEquals(found.length, 20);
  assert(found[0]!.startsWith('field0: "field0" is not known here'), found[0]);
});
