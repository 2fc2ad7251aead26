/** Values that a field's type gives their meaning: how they are read and compared, the total order, and the verdict in words. */

import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { equalValues, order } from "../../src/engine/compare.ts";
import { evaluateCondition, matches, type RuleVerdict } from "../../src/engine/condition.ts";
import { parseCondition } from "../../src/engine/condition_shape.ts";
import { durationWords, isoDuration } from "../../src/engine/duration.ts";
import { isoInstant } from "../../src/base/iso_time.ts";
import { buildScope, installationFacts } from "../../src/engine/scope.ts";
import type { ValueType } from "../../src/engine/value_type.ts";

interface Asked {
  type: ValueType;
  actual: unknown;
  operator: string;
  value: unknown;
  timeZone?: string;
  stored?: boolean;
}

function ask({ type, actual, operator, value, timeZone = "UTC", stored }: Asked): RuleVerdict {
  const rule = { field: "x", operator, value };
  const { condition, faults } = parseCondition(rule, "c", { typeOf: () => type, stored });
  assertEquals(faults, undefined);
  const installation = installationFacts({ workspaceId: "w1", timeZone });
  const scope = buildScope({ body: { x: actual }, installation, results: [] });
  const [verdict] = evaluateCondition(condition!, scope).rules;
  assertStrictEquals(verdict!.matched, matches(condition!, scope));
  return verdict!;
}
const holds = (asked: Asked) => ask(asked).matched;
const faultOf = (type: ValueType, operator: string, value: unknown) =>
  parseCondition({ field: "x", operator, value }, "c", { typeOf: () => type }).faults?.[0];

Deno.test("durations compare by length, however the eight hours are written", () => {
  const duration = (actual: unknown, operator: string, value: unknown) =>
    holds({ type: "duration", actual, operator, value });
  for (const value of ["8 h", "8h", "8:00", "08:00", "480 min", "PT8H", "8 hours", "28800 s"]) {
    assert(!duration("PT25M", ">", value), value);
    assert(duration("PT9H", ">", value), value);
    assert(duration("PT8H", "==", value) && duration("PT480M", "==", value) && !duration("PT8H1S", "==", value), value);
    assert(duration("PT8H", ">=", value) && duration("PT8H", "<=", value) && !duration("PT8H", "!=", value), value);
    assert(duration("PT8H", "in", ["1 h", value]) && duration("PT8H", "not_in", ["1 h"]), value);
    // A running entry has none: nothing but "is not" holds of it.
    for (const none of [null, undefined, "soon", 30_000]) {
      for (const operator of [">", ">=", "<", "<=", "=="]) assert(!duration(none, operator, value));
      assert(duration(none, "!=", value) && duration(none, "not_in", [value]));
    }
  }
  assert(duration(null, "==", null) && duration(null, "in", [null, "8 h"]) && !duration("PT1H", "in", [null, "8 h"]));
});

Deno.test("instants compare by time, and a date is the whole day of the workspace", () => {
  const actual = "2026-11-20T23:30:00Z";
  const berlin = (operator: string, value: unknown) =>
    holds({ type: "instant", actual, operator, value, timeZone: "Europe/Berlin" });
  assert(berlin("==", "2026-11-21") && !berlin("==", "2026-11-20") && berlin("!=", "2026-11-20"));
  assert(berlin(">", "2026-11-20") && !berlin(">", "2026-11-21") && berlin(">=", "2026-11-21"));
  assert(berlin("<", "2026-11-22") && !berlin("<", "2026-11-21") && berlin("<=", "2026-11-21"));
  assert(
    berlin("==", "2026-11-21 00:30") && berlin("<", "2026-11-21T00:31") && berlin("==", "2026-11-21T00:30:00+01:00"),
  );
  assert(berlin("weekday_in", ["Saturday", "Sunday"]) && !berlin("weekday_in", ["Friday"]));
  assert(holds({ type: "instant", actual, operator: "weekday_in", value: "fri", timeZone: "America/New_York" }));
  assert(holds({ type: "instant", actual: "2026-11-20", operator: "==", value: "2026-11-20", timeZone: "Asia/Tokyo" }));
});

Deno.test("money, numbers and flags are read from text too", () => {
  const of = (type: ValueType, actual: unknown, operator: string, value: unknown) =>
    holds({ type, actual, operator, value });
  assert(of("money", 8050, "==", "80.50") && of("money", 8050, "==", 8050) && of("money", 8050, "==", "8050"));
  assert(of("money", 8050, ">", "80.49") && of("money", 5, "<", "0.06") && of("money", 8050, "==", "80.5"));
  assert(of("number", 12.5, "==", "12.50") && of("number", 10, ">", "9") && of("number", "10", ">", "9"));
  assert(of("number", "9007199254740993", ">", "9007199254740992"));
  assert(of("boolean", true, "==", "true") && of("boolean", false, "!=", "true") && !of("boolean", "true", "==", true));
});

Deno.test("a value that the field's type cannot read is a fault that says what could be", () => {
  const faulty: [ValueType, string, unknown, RegExp][] = [
    ["duration", ">", 8, /^8 has no unit: write "8 h", "8 min" or "8 s"/],
    ["duration", ">", "8", /^"8" has no unit/],
    ["duration", ">", "8 huors", /did you mean "8 h"\?/],
    ["duration", "==", "eight hours", /no duration: write one as in "8 h"/],
    ["duration", "==", "", /^empty text is no duration/],
    ["duration", "in", ["8 h", "soon"], /^"soon"/],
    ["instant", ">", "2026-02-30", /^"2026-02-30" is no date/],
    ["instant", ">", "16.11.2026", /write one as in "2026-11-16"/],
    ["money", ">", "80 EUR", /without a currency/],
    ["money", ">", 80.5, /in cents as 8050/],
    ["number", ">", "many", /is no number/],
    ["boolean", "==", "yes", /neither true nor false/],
  ];
  for (const [type, operator, value, message] of faulty) {
    const fault = faultOf(type, operator, value);
    assertEquals(fault?.path, "c.value");
    assertMatch(fault!.message, message);
  }
  for (const type of ["number", "money", "boolean"] as const) {
    assertEquals(faultOf(type, "contains", 1)?.path, "c.operator", type);
  }
  assertEquals(faultOf("boolean", ">", "true")?.path, "c.operator");
  assertEquals(faultOf("text", "contains", 4711), undefined);
});

Deno.test("a stored value that cannot be read keeps its old meaning and is warned of", () => {
  const verdict = ask({ type: "duration", actual: "PT25M", operator: ">", value: "8", stored: true });
  assertEquals(verdict, {
    path: "c",
    field: "x",
    operator: ">",
    expected: "8",
    matched: true,
    actual: "PT25M",
    warning: 'compared as it is written: "8" has no unit: write "8 h", "8 min" or "8 s" for a duration',
  });
});

Deno.test("a verdict says in words how values were read and why they do not match", () => {
  const wordsOf = (asked: Omit<Asked, "type">, type: ValueType) => {
    const { read, reason } = ask({ type, ...asked });
    return [read, reason];
  };
  assertEquals(wordsOf({ actual: "PT25M", operator: ">", value: "8:00" }, "duration"), [
    "8 h",
    "25 min is not longer than 8 h",
  ]);
  assertEquals(wordsOf({ actual: "PT8H", operator: "!=", value: "480 min" }, "duration"), ["8 h", "8 h is 8 h"]);
  assertEquals(wordsOf({ actual: null, operator: ">", value: "8 h" }, "duration"), [
    "8 h",
    "the field is missing: an entry has no duration while it is running",
  ]);
  const timeZone = "Europe/Berlin";
  assertEquals(
    wordsOf({ actual: "2026-11-20T23:30:00Z", operator: "<", value: "2026-11-20", timeZone }, "instant"),
    [
      "2026-11-20 (Europe/Berlin)",
      "2026-11-21 00:30 (Europe/Berlin) is not before 2026-11-20 (Europe/Berlin)",
    ],
  );
  const friday = ask({
    type: "instant",
    actual: "2026-11-20T12:00:00Z",
    operator: "weekday_in",
    value: ["Sat", "Sun"],
  });
  assertEquals(friday.reason, "it is a Friday (UTC)");
  assertEquals(wordsOf({ actual: 8049, operator: ">=", value: "80.50" }, "money"), [
    "80.50",
    "80.49 is not at least 80.50",
  ]);
  assertEquals(
    wordsOf({ actual: "soon", operator: ">", value: "8 h" }, "duration")[1],
    "text is no duration to compare",
  );
  const texts = ask({ type: "text", actual: "12.5", operator: ">", value: "9" });
  assertMatch(texts.reason!, /both are texts and compare as texts/);
});

const ms = fc.integer({ min: 0, max: 400 * 86_400_000 });

Deno.test("rules on durations order them as their lengths do", () => {
  fc.assert(fc.property(ms, ms, (a, b) => {
    const of = (operator: string) =>
      holds({ type: "duration", actual: isoDuration(a), operator, value: durationWords(b) });
    assertEquals(
      [">", ">=", "<", "<=", "==", "!="].map(of),
      [a > b, a >= b, a < b, a <= b, a === b, a !== b],
    );
  }));
});

Deno.test("rules on instants order them as time does", () => {
  const start = Date.UTC(2026, 0, 1);
  fc.assert(fc.property(ms, ms, (a, b) => {
    const of = (operator: string) =>
      holds({ type: "instant", actual: isoInstant(start + a), operator, value: isoInstant(start + b) });
    assertEquals([">", ">=", "<", "<=", "=="].map(of), [a > b, a >= b, a < b, a <= b, a === b]);
  }));
});

Deno.test("of any two values exactly one of less, equal and more holds where they have an order", () => {
  const decimal = fc.tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat(999)).map(([whole, part]) =>
    `${whole}.${String(part).padStart(3, "0")}`
  );
  const value = fc.oneof(fc.double({ noNaN: true }), fc.integer(), decimal, fc.string());
  fc.assert(
    fc.property(value, value, (a, b) => {
      const forth = order(a, b);
      const back = order(b, a);
      assertEquals(forth === undefined, back === undefined);
      if (forth !== undefined) assertEquals(Math.sign(forth), 0 - Math.sign(back!));
      assertStrictEquals(equalValues(a, b), a === b || forth === 0);
    }),
    { numRuns: 500 },
  );
});

Deno.test("order() of numbers and spelled numbers agrees with exact arithmetic", () => {
  const thousandths = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n });
  const spelled = (n: bigint) => {
    const digits = String(n < 0n ? -n : n).padStart(4, "0");
    return `${n < 0n ? "-" : ""}${digits.slice(0, -3)}.${digits.slice(-3)}`;
  };
  fc.assert(fc.property(thousandths, fc.integer({ min: -1e9, max: 1e9 }), (a, b) => {
    const exact = a < BigInt(b) * 1000n ? -1 : a > BigInt(b) * 1000n ? 1 : 0;
    assertStrictEquals(Math.sign(order(spelled(a), b)!), exact);
    assertEquals(order(spelled(BigInt(b) * 1000n), b), 0);
  }));
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (n) => {
    assertEquals(order(n, n.toString()) ?? 0, 0);
  }));
});
