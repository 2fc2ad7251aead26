/** Test of src/events/form_body.ts: what is percent-encoded comes out as the rules of forms have it. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readForm } from "../../src/events/form_body.ts";

const read = (text: string) =>
  readForm(new TextEncoder().encode(text), { charset: undefined, maxDepth: 64 }).value as Record<string, unknown>;

Deno.test("readForm() gives what URLSearchParams gives, for names and values of any text", () => {
  fc.assert(fc.property(fc.dictionary(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" })), (fields) => {
    const given = Object.fromEntries(Object.entries(fields).filter(([name]) => name !== "payload"));
    assertEquals({ ...read(new URLSearchParams(given).toString()) }, { ...given });
  }));
});

Deno.test("readForm() leaves a percent sign without two digits as it is, and one field whole after its first equals sign", () => {
  assertEquals({ ...read("a=100%&b=%4&c=%zz%41&d=x=y=z&e&=f") }, {
    a: "100%",
    b: "%4",
    c: "%zzA",
    d: "x=y=z",
    e: "",
    "": "f",
  });
});
