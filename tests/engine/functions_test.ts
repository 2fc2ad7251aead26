/** The functions of templates: one example or more each, and what they refuse. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import fc from "fast-check";
import { FUNCTIONS } from "../../src/engine/functions.ts";
import { parseTemplate, resolve } from "../../src/engine/mapping.ts";
import { buildScope, installationFacts } from "../../src/engine/scope.ts";
import { AppError } from "../../src/base/errors.ts";

const body = {
  text: " Ada ",
  empty: "",
  nothing: null,
  list: ["a", "b"],
  objects: [{ id: 1 }, { id: 2 }],
  start: "2026-11-16T09:00:00Z",
  duration: "PT1H30M",
  value: "12.5",
  zero: 0,
  local: "2026-11-16T09:00:00",
  noDay: "2026-02-30",
  months: "P1M",
  ten: "9999-12-31T00:00:00Z",
  ages: "P999999999D",
  form: "YYYY",
  zone: "Europe/Berlin",
  noZone: "Europe/Bärlin",
  digits: "9007199254740993",
};
const scope = buildScope({ body, results: [] });
const call = (expression: string, over = scope) => resolve(`{{ ${expression} }}`, over);

const EXAMPLES: [string, unknown][] = [
  ['default($.webhook.nothing, $.webhook.empty, "none")', "none"],
  ["default($.webhook.zero, 7)", 0],
  ["default($.webhook.nothing, $.webhook.absent)", undefined],
  ['if($.webhook.zero, "yes", "no")', "no"],
  ['if($.webhook.value, "yes")', "yes"],
  ["if(false, 1)", undefined],
  ["if(equals($.webhook.zero, 0), 0, divide(1, $.webhook.zero))", 0],
  ["not($.webhook.nothing)", true],
  ['equals("12.50", 12.5)', true],
  ['boolean("false")', false],
  ["boolean($.webhook.list)", true],
  ["string(12.5)", "12.5"],
  ["string($.webhook.list)", '["a","b"]'],
  ["json($.webhook.nothing)", "null"],
  ["json('a\"b')", '"a\\"b"'],
  ['concat("a", 1, true, $.webhook.nothing)', "a1true"],
  ["upper($.webhook.text)", " ADA "],
  ["lower('ÄB')", "äb"],
  ["trim($.webhook.text)", "Ada"],
  ["trim($.webhook.nothing)", ""],
  ["length($.webhook.list)", 2],
  ["length($.webhook.text)", 5],
  ["length($.webhook.nothing)", 0],
  ["join($.webhook.list)", "a, b"],
  ['join($.webhook.list, "")', "ab"],
  ['split("a-b-c", "-")', ["a", "b", "c"]],
  ['split($.webhook.empty, "-")', []],
  ["first($.webhook.list)", "a"],
  ["last($.webhook.list)", "b"],
  ["first($.webhook.nothing)", undefined],
  ['get(first($.webhook.objects), "id")', 1],
  ["get($.webhook.list, -1)", "b"],
  ['get(first($.webhook.objects), "constructor")', undefined],
  ['append($.webhook.list, "a")', ["a", "b", "a"]],
  ['append($.webhook.list, "a", true)', ["a", "b"]],
  ['append($.webhook.nothing, "a")', ["a"]],
  ["required($.webhook.text)", " Ada "],
  ['union($.webhook.list, split("b,c", ","))', ["a", "b", "c"]],
  ["union($.webhook.objects, $.webhook.objects)", [{ id: 1 }, { id: 2 }]],
  ['without($.webhook.list, "a")', ["b"]],
  ["without($.webhook.list, $.webhook.list)", []],
  ['number(" 12.5 ")', 12.5],
  ["round(1.005, 2)", 1.01],
  ["round(-2.5)", -3],
  ["round(1.5e-7)", 0],
  ["add($.webhook.value, 0.5, -3)", 10],
  ["subtract(1, 0.5)", 0.5],
  ["multiply(3, 4)", 12],
  ["divide(1, 4)", 0.25],
  ['date_add($.webhook.start, "P1DT30M")', "2026-11-17T09:30:00Z"],
  ['date_add($.webhook.start, "-PT0.5S")', "2026-11-16T08:59:59.500Z"],
  ['date_add("2026-11-16T09:00:00+02:00", "PT0S")', "2026-11-16T07:00:00Z"],
  ['date_add($.webhook.start, "1 h 30 min")', "2026-11-16T10:30:00Z"],
  ['date_add("2026-03-28T11:00:00Z", "P1D", "Europe/Berlin")', "2026-03-29T10:00:00Z"],
  ['date_add("2026-03-28T11:00:00Z", "24 h", "Europe/Berlin")', "2026-03-29T11:00:00Z"],
  ['date_format($.webhook.start, "datetime", $.webhook.zone)', "2026-11-16 10:00"],
  ['date_format("2026-11-15T23:30:00Z", "weekday", "Pacific/Auckland")', "Monday"],
  ['date_format("2026-11-16T03:00:00Z", "weekday", "America/Los_Angeles")', "Sunday"],
  ['date_format("2026-11-16", "date", "America/Los_Angeles")', "2026-11-16"],
  ['date_format($.webhook.start, "iso", "Asia/Tokyo")', "2026-11-16T09:00:00Z"],
  ["start_of_day($.webhook.start)", "2026-11-16T00:00:00Z"],
  ["start_of_day($.webhook.start, $.webhook.zone)", "2026-11-15T23:00:00Z"],
  // Midnight of that day never was in Beirut: the clock went from 23:59 to 01:00.
  ['start_of_day("2026-03-29T12:00:00Z", "Asia/Beirut")', "2026-03-28T22:00:00Z"],
  ['duration("1:30")', "PT1H30M"],
  ['equals(duration("90 min"), $.webhook.duration)', true],
  ['equals("1.10", "1.1")', false],
  ['date_format($.webhook.start, "date")', "2026-11-16"],
  ['date_format($.webhook.start, "time")', "09:00"],
  ['date_format($.webhook.start, "datetime")', "2026-11-16 09:00"],
  ['date_format($.webhook.start, "year")', "2026"],
  ['date_format($.webhook.start, "month")', "11"],
  ['date_format($.webhook.start, "day")', "16"],
  ['date_format($.webhook.start, "weekday")', "Monday"],
  ['date_format("2026-11-16T11:00:00+02:00", "iso")', "2026-11-16T09:00:00Z"],
  ["duration_hours($.webhook.duration)", 1.5],
];

Deno.test("functions give what their table says", () => {
  for (const [expression, expected] of EXAMPLES) assertEquals(call(expression), expected, expression);
});

Deno.test("every function has an example and a line of documentation", () => {
  for (const [name, { doc, min, max }] of FUNCTIONS) {
    assert(EXAMPLES.some(([expression]) => expression.startsWith(`${name}(`)), name);
    assert(doc.startsWith(`${name}(`), name);
    assert(min <= max);
  }
});

Deno.test("functions refuse wrong arguments with EXPRESSION_FAILED and their own name", () => {
  const wrong = [
    "upper($.webhook.list)",
    "concat($.webhook.objects)",
    "join($.webhook.text)",
    "first($.webhook.text)",
    'append($.webhook.text, "a")',
    "append($.webhook.list, $.webhook.absent)",
    "append($.webhook.list, $.webhook.nothing, true)",
    'required($.webhook.absent, "the tag")',
    "required($.webhook.nothing)",
    'required("  ")',
    'required(split("", ","))',
    'get($.webhook.text, "length")',
    "number($.webhook.text)",
    "number($.webhook.nothing)",
    "add(1, $.webhook.list)",
    "multiply(1e300, 1e300)",
    "divide(1, $.webhook.zero)",
    "round(1, 10)",
    'split("a", "")',
    "add(1, $.webhook.digits)",
    'date_add($.webhook.local, "PT1H")',
    'date_add($.webhook.noDay, "PT1H")',
    "date_add($.webhook.start, $.webhook.months)",
    "date_add($.webhook.ten, $.webhook.ages)",
    "date_format($.webhook.start, $.webhook.form)",
    'date_format($.webhook.start, "day", $.webhook.noZone)',
    "start_of_day($.webhook.noDay)",
    "duration($.webhook.zero.x)",
    "duration($.webhook.value)",
    "duration_hours($.webhook.nothing)",
  ];
  for (const expression of wrong) {
    const name = expression.slice(0, expression.indexOf("("));
    assertThrowsLike(
      () => call(expression),
      { code: "EXPRESSION_FAILED", message: new RegExp(`${name}\\(\\)`) },
      expression,
    );
  }
});

Deno.test("arguments that are written out are checked when the template is read", () => {
  const faultOf = (expression: string) => parseTemplate(`{{ ${expression} }}`, "body.x").faults?.[0];
  const faulty: [string, RegExp][] = [
    ['date_add("2026-11-16T09:00:00", "PT1H")', /takes an instant such as .*, not "2026-11-16T09:00:00"/],
    ['date_format("2026-02-30", "day")', /not "2026-02-30"/],
    ['date_add($.webhook.start, "P1M")', /takes a duration as in "8 h"/],
    ["date_add($.webhook.start, 8)", /takes a duration/],
    ['date_format($.webhook.start, "YYYY")', /one of the forms iso, date/],
    ['date_format($.webhook.start, "constructor")', /one of the forms/],
    [
      'date_format($.webhook.start, "day", "Europe/Berln")',
      /takes a time zone such as Europe\/Berlin, not "Europe\/Berln"/,
    ],
    ['if(true, 1, duration_hours("PT"))', /duration_hours\(\) takes a duration/],
  ];
  for (const [expression, message] of faulty) {
    const fault = faultOf(expression);
    assertEquals(fault?.path, "body.x", expression);
    assertMatch(fault!.message, message);
  }
  assertEquals(faultOf('date_format($.webhook.start, "day", null)'), undefined);
});

Deno.test("date functions count days in the workspace's time zone where none is named", () => {
  const late = "2026-11-20T23:30:00Z";
  const weekdayIn = (timeZone: string | null) =>
    call('date_format($.webhook.at, "weekday")', {
      ...buildScope({
        body: { at: late },
        installation: installationFacts({ workspaceId: "w1", timeZone }),
        results: [],
      }),
    });
  assertEquals(weekdayIn("Europe/Stockholm"), "Saturday");
  assertEquals(weekdayIn("America/New_York"), "Friday");
  assertEquals(weekdayIn(null), "Friday");
  assertEquals(weekdayIn("Mars/Olympus"), "Friday");
});

Deno.test("functions give a value or EXPRESSION_FAILED for any arguments", () => {
  const names = fc.constantFrom(...FUNCTIONS.keys());
  fc.assert(
    fc.property(names, fc.array(fc.jsonValue(), { minLength: 3, maxLength: 3 }), (name, values) => {
      const { min, max } = FUNCTIONS.get(name)!;
      for (let count = min; count <= Math.min(max, 3); count++) {
        const args = values.slice(0, count).map((_, index) => `$.webhook[${index}]`).join(", ");
        try {
          resolve(`{{ ${name}(${args}) }}`, buildScope({ body: values, results: [] }));
        } catch (error) {
          assert(error instanceof AppError && error.code === "EXPRESSION_FAILED", `${name}: ${error}`);
        }
      }
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("every function has an example in the comments, which deno task test:docs runs", async () => {
  const read = (file: string) => Deno.readTextFile(new URL(`../../src/engine/${file}.ts`, import.meta.url));
  const comments = `${await read("functions")}${await read("date_functions")}`.match(/^ \* .*$/gm)!.join("\n");
  for (const name of FUNCTIONS.keys()) {
    assertMatch(comments, new RegExp(`^ \\* assertEquals\\(give\\(.*\\b${name}\\(`, "m"), name);
  }
});
