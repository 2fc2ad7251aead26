/** Tests of JSON Schema for inputs: what is read, what is refused when it is saved, and that both together are bounded. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Json } from "../http/door.ts";
import { readSchema, schemaFaults } from "../../src/workflows/json_schema.ts";

function schemaOf(written: Json): Json {
  const read = readSchema(written, "input_schema");
  assertEquals(read.faults, undefined);
  return (read as { schema: Json }).schema;
}

Deno.test("faults of a value have the place where it does not fit", () => {
  const schema = schemaOf({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    required: ["id"],
    properties: { id: { type: "string", format: "uuid" }, lines: { type: "array", items: { $ref: "#/$defs/line" } } },
    $defs: { line: { type: "object", properties: { count: { type: "integer", minimum: 1 } } } },
  });
  assertEquals(schemaFaults(schema, { id: crypto.randomUUID(), lines: [{ count: 1 }] }), []);
  const faults = schemaFaults(schema, { id: "x", lines: [{ count: 1 }, { count: 0 }] });
  assertEquals(faults.map(({ path }) => path).sort(), ["id", "lines[1].count"]);
  assertEquals(schemaFaults(schema, {}).map(({ path }) => path), [""]);
  assertEquals(schemaFaults(schemaOf(false), 1).length, 1);
});

Deno.test("what could hold up the program, or is not read here, is refused with its place", () => {
  const deep = { $ref: "#/$defs/a0", $defs: {} as Json };
  for (let at = 0; at < 30; at++) {
    deep.$defs[`a${at}`] = { allOf: [{ $ref: `#/$defs/a${at + 1}` }, { $ref: `#/$defs/a${at + 1}` }] };
  }
  deep.$defs.a30 = { type: "string" };
  for (
    const [written, place] of [
      [{ pattern: "(a+)+$" }, "input_schema.pattern"],
      [{ properties: { a: { $ref: "#" } } }, "input_schema.properties.a"],
      [{ properties: { a: { $ref: "#/properties/a" } } }, "input_schema.properties.a"],
      [{ $ref: "https://example.com/x" }, "input_schema"],
      [{ type: "array", uniqueItems: true }, "input_schema.uniqueItems"],
      [{ unknown: 1 }, "input_schema.unknown"],
      [{ properties: 5 }, "input_schema.properties"],
      [deep, ""],
      ["text", "input_schema"],
    ] as const
  ) {
    const { faults } = readSchema(written, "input_schema") as { faults: { path: string }[] };
    assert(faults?.length > 0, JSON.stringify(written));
    if (place !== "") assertEquals(faults[0]!.path, place);
  }
});

Deno.test("a large value against a large schema is refused, not held against it", () => {
  const schema = schemaOf({ anyOf: Array.from({ length: 400 }, (_, index) => ({ const: index })) });
  assertThrows(() => schemaFaults(schema, Array.from({ length: 100_000 }, () => 1)), Error, "too large");
});
