/** Fields of the flow editor: what their text means, where faults belong, and what completion offers at the caret. */

import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import type { Vocabulary } from "../../src/console/features/flows/vocabulary_api.ts";
import { at as serverAt } from "../../src/engine/faults.ts";
import { readableType } from "../../src/engine/value_type.ts";
import {
  completed,
  completionAt,
  pathsIn,
  type Suggestion,
} from "../../src/console/features/flows/draft/completion.ts";
import { faultAt } from "../../src/console/features/flows/draft/file_text.ts";
import { at, describePath, enclosingPaths, faultsAt } from "../../src/console/features/flows/draft/paths.ts";
import {
  amountOf,
  fieldOfRule,
  operatorsFor,
  readAs,
  startOfRule,
} from "../../src/console/features/flows/draft/rule_type.ts";
import { cronWords } from "../../src/console/features/flows/draft/schedule_words.ts";
import { asKind, kindAfter, kindOfParam, textOf, valueOf } from "../../src/console/features/flows/draft/value_kinds.ts";
import de from "../../src/console/words/de.ts";
import { speak } from "../../src/console/words/say.ts";
import { vocabularyOf } from "../../src/flows/vocabulary/vocabulary.ts";
import { PROFILES } from "../../src/profiles/profiles.ts";
import { isUnparsed } from "../../src/console/ui/unparsed_json.ts";

const KNOWN: Suggestion[] = [
  { text: "$.webhook.id", kind: "path", detail: "" },
  { text: "$.webhook.project.name", kind: "path", detail: "" },
  { text: "concat", kind: "function", detail: "concat(a, b, ...)" },
];

Deno.test("at() spells places as the server does", () => {
  for (const key of ["name", "a b", 'q"t', 3, "x-y"]) {
    for (const path of ["", "body"]) assertStrictEquals(at(path, key), serverAt(path, key));
  }
});

Deno.test("enclosingPaths() goes from a path outwards to the whole definition", () => {
  assertEquals(enclosingPaths('actions[1].body["a.b"].c'), [
    'actions[1].body["a.b"].c',
    'actions[1].body["a.b"]',
    "actions[1].body",
    "actions[1]",
    "actions",
    "",
  ]);
});

Deno.test("faultsAt() gives a field its own faults and those inside its value", () => {
  const faults = ["actions[1].body.tagIds[0]", "actions[1].body.tag", "actions[10]"].map((path) => ({
    path,
    message: "",
  }));
  assertEquals(faultsAt(faults, "actions[1].body.tagIds").length, 1);
  assertEquals(faultsAt(faults, "actions[1]").length, 2);
});

Deno.test("describePath() names steps by number, and fields as their form labels them", () => {
  const words: Record<string, string> = {
    "": "Flow",
    name: "Name",
    actions: "Steps",
    ordered: "ordered",
    "trigger_event_types[0]": "Event",
    "conditions": "Conditions",
    "conditions.rules[0].field": "Condition 1, Field",
    "conditions.any[1].all[2].value": "Condition 2.3, Value",
    "triggers.schedules[1].cron": "Time 2, minute, hour, day, month, weekday",
    "triggers.manual.inputs[0].choices": "Question 1",
    "throttle.at_most": "How often, runs at most",
    "actions[1].path_params.projectId": "Step 2, projectId",
    'actions[1].body["first name"].ids[0]': "Step 2, first name.ids.1",
    "actions[0].over": "Step 1, List",
    "actions[0].overtime": "Step 1, overtime",
    "actions[0].actions": "Step 1, actions",
    "actions[0].cases[1].if.rules[0].operator": "Step 1, Case 2, Condition 1, Operator",
    "actions[0].cases[1].actions": "Step 1, Case 2",
    "actions[0].event.conditions.rules[3].value": "Step 1, Condition 4, Value",
    'actions[0].headers["X-Key"]': "Step 1, Header X-Key",
    "actions[0].set.total": "Step 1, Variable total",
    "actions[0].retry.max_attempts": "Step 1, retry, max attempts",
  };
  for (const [path, said] of Object.entries(words)) assertEquals(describePath(path), said, path);
});

Deno.test("valueOf() reads a text by the kind of its field, and textOf() shows it again", () => {
  assertEquals(valueOf("12.5", "number"), 12.5);
  assertEquals(valueOf("twelve", "number"), "twelve");
  assertEquals(valueOf("12345678901234567890", "number"), "12345678901234567890");
  assertEquals(valueOf("true", "flag"), true);
  assertEquals(valueOf("", "text"), undefined);
  assertEquals(valueOf('["a"]', "json"), ["a"]);
  assertEquals(valueOf("$.webhook.tags", "json"), "$.webhook.tags");
  assertEquals(valueOf("{{ $.webhook.id }}", "number"), "{{ $.webhook.id }}");
  const unread = valueOf('["a"', "json");
  assert(isUnparsed(unread));
  assertEquals(textOf(unread), '["a"');
  assertEquals(kindOfParam("string", { a: 1 }), "json");
  assertEquals(asKind("12", "number"), 12);
  assertEquals(asKind(12, "text"), "12");
});

Deno.test("completionAt() offers paths after a dollar, and functions too inside braces", () => {
  assertEquals(completionAt("plain", 5, KNOWN), undefined);
  assertEquals(completionAt("$$.x", 4, KNOWN), undefined);
  assertEquals(completionAt("$.", 2, KNOWN)?.items.map(({ text }) => text), [
    "$.webhook.id",
    "$.webhook.project.name",
  ]);
  assertEquals(completionAt("$.name", 6, KNOWN)?.items.map(({ text }) => text), ["$.webhook.project.name"]);
  const inside = completionAt("Hello {{ con", 12, KNOWN)!;
  assertEquals(inside.items.map(({ text }) => text), ["concat"]);
  assertEquals(completionAt("{{ $.webhook.id }} and", 22, KNOWN), undefined);
});

Deno.test("completed() puts the chosen one at the caret", () => {
  const choose = (text: string, caret: number, index: number) =>
    completed(text, completionAt(text, caret, KNOWN)!, KNOWN[index]!);
  assertEquals(choose("$.na", 4, 1), { text: "$.webhook.project.name", caret: 22 });
  assertEquals(choose("Hi {{ ", 6, 0), { text: "Hi {{ $.webhook.id }}", caret: 21 });
  assertEquals(choose("Hi {{ con", 9, 2), { text: "Hi {{ concat(", caret: 13 });
  assertEquals(choose("{{ concat($.we) }}", 14, 0), { text: "{{ concat($.webhook.id) }}", caret: 22 });
});

Deno.test("pathsIn() spells each place of a payload with its value", () => {
  assertEquals(pathsIn({ id: "a", tags: [{ name: "x" }], "a b": null }).map(({ text, detail }) => [text, detail]), [
    ["$.webhook", "object"],
    ["$.webhook.id", '"a"'],
    ["$.webhook.tags", "list of 1"],
    ["$.webhook.tags[0]", "object"],
    ["$.webhook.tags[0].name", '"x"'],
    ["$.webhook['a b']", "null"],
  ]);
});

Deno.test("kindAfter() keeps a number one while it is typed, and JSON until another kind is chosen", () => {
  for (const typed of ["", "-", "1."]) assertEquals(kindAfter("number", valueOf(typed, "number") ?? ""), "number");
  assertEquals(kindAfter("number", "$.webhook.id"), "text");
  assertEquals(kindAfter("text", 1.5), "number");
  assertEquals(kindAfter("json", "abc"), "json");
  assertEquals(kindAfter("flag", "abc"), "text");
});

const VOCABULARY = vocabularyOf({ profile: PROFILES[0]!, catalogue: builtinCatalogue() });
const WORDS = {
  events: VOCABULARY.events.map((event) => ({
    ...event,
    fields: event.fields.map(({ value_type, ...field }) => ({ values: [], ...field, valueType: value_type })),
  })),
  operators: VOCABULARY.operators,
  operatorsByType: VOCABULARY.operators_by_type,
} as unknown as Vocabulary;

Deno.test("fieldOfRule() knows a field by any spelling of its path, where the flow's events agree", () => {
  const typeOf = (field: unknown, ...triggers: string[]) =>
    fieldOfRule(field, { triggers, vocabulary: WORDS })?.valueType;
  for (const spelt of ["$.webhook.timeInterval.duration", "$.event.timeInterval.duration", "timeInterval.duration"]) {
    assertEquals(typeOf(spelt, "NEW_TIME_ENTRY"), "duration", spelt);
  }
  assertEquals(typeOf("$.webhook.tags[0].id", "NEW_TIME_ENTRY"), "id");
  assertEquals(typeOf("$.webhook.tags[*].id", "NEW_TIME_ENTRY", "TIME_ENTRY_UPDATED"), "id");
  for (const unknown of ["", "$.webhook.nothing", undefined]) {
    assertEquals(typeOf(unknown, "NEW_TIME_ENTRY"), undefined);
  }
  assertEquals(typeOf("timeInterval.duration", "NEW_TAG"), undefined);
});

Deno.test("operatorsFor() offers those of the type in its words, and the one in use; startOfRule() begins with the usual", () => {
  const words = (type: "duration" | "boolean" | null, used: string) =>
    operatorsFor(type, { ...WORDS, used }).map(({ label }) => label);
  assertEquals(words("duration", ">").slice(0, 4), [
    "is longer than",
    "is at least",
    "is shorter than",
    "is at most",
  ]);
  assertEquals(words("boolean", "contains"), ["is", "is there", "is missing", "contains"]);
  assertEquals(words(null, "==").length, WORDS.operators.length);
  const fresh = { field: "", operator: "==", value: "" };
  assertEquals(startOfRule(fresh, "duration", WORDS), { operator: ">" });
  assertEquals(startOfRule(fresh, "boolean", WORDS), { operator: "==", value: true });
  assertEquals(startOfRule({ ...fresh, value: "x" }, "duration", WORDS), {});
  assertEquals(startOfRule(fresh, null, WORDS), {});
});

Deno.test("readAs() says how a value is read, or what is missing of it", () => {
  assertEquals(readAs("duration", "8:30"), { words: "8 h 30 min" });
  assertEquals(readAs("duration", "8"), { problem: "Add the unit: 8 h or min?" });
  assertEquals(readAs("duration", "8 huors"), { problem: "Did you mean 8 h?" });
  assertEquals(readAs("money", 8050), { words: "80.50" });
  assertEquals(readAs("money", amountOf("80")), { words: "80.00" });
  assertEquals([amountOf("80.5"), amountOf("-3"), amountOf("80 EUR")], ["80.5", "-3.00", "80 EUR"]);
  assertEquals(readAs("duration", ""), undefined);
  assertEquals(readAs("instant", "2026-11-16"), undefined);
});

/** What people type, and how it is read; null: refused, with a hint. */
const TYPED: Record<"duration" | "instant" | "money", Record<string, string | null>> = {
  duration: {
    "8h": "8 h",
    "8 hours": "8 h",
    "8:00": "8 h",
    "480 min": "8 h",
    PT8H: "8 h",
    "8.5h": "8 h 30 min",
    "8,5 h": "8 h 30 min",
    "8h30": "8 h 30 min",
    "8 h 30 min": "8 h 30 min",
    "90m": "1 h 30 min",
    "8": null,
    "eight hours": null,
  },
  instant: {
    "2026-11-16": "2026-11-16 (UTC)",
    "2026-11-16 09:00": "2026-11-16 09:00 (UTC)",
    "2026-11-16T09:00": "2026-11-16T09:00 (UTC)",
    "2026-11-16T09:00:00Z": "2026-11-16 09:00 (UTC)",
    "2026-11-16T09:00:00+02:00": "2026-11-16 07:00 (UTC)",
    "16.11.2026": null,
    "11/16/2026": null,
    "16 Nov 2026": null,
    "2026-13-01": null,
    "2026-02-30": null,
    "9:00": null,
    tomorrow: null,
  },
  money: {
    "80": "80.00",
    "80.5": "80.50",
    "80.50": "80.50",
    "-5": "-5.00",
    "0": "0.00",
    "80,50": null,
    "1,000.50": null,
    "1.000,50": null,
    "€80": null,
    "80 EUR": null,
    "80.505": null,
    eighty: null,
  },
};

Deno.test("a duration, a date and an amount typed in twelve ways each are read right or refused, by page and server alike", () => {
  for (const [type, ways] of Object.entries(TYPED) as [keyof typeof TYPED, Record<string, string | null>][]) {
    assertEquals(Object.keys(ways).length, 12);
    for (const [text, words] of Object.entries(ways)) {
      const value = type === "money" ? amountOf(text) : text;
      const page = readAs(type, value);
      assertEquals(page !== undefined && "problem" in page, words === null, `${type} ${text} on the page`);
      if (page && "words" in page) assertEquals(page.words, words);
      assertEquals(readableType(type)!.read(value)?.words("UTC") ?? null, words, `${type} ${text} on the server`);
    }
  }
});

Deno.test("faultAt() finds the character at which a text stops being JSON, where it is none, and nothing where it is", () => {
  const texts = ['{"a": [1, {"b": null}], "c": "\\u00e9\\n"}', "[]", " 12.5e3 ", "{}", '"x"', '[[["deep"]]]', "-0"];
  for (const text of texts) assertStrictEquals(faultAt(text), undefined, text);
  const wrong: [string, number][] = [
    ['{"a": x}', 6],
    ['{"a" 1}', 5],
    ["[1, 2,]", 6],
    ['{"a": 1,}', 8],
    ["[1 2]", 3],
    ["{a: 1}", 1],
    ['["a\tb"]', 1],
    ["[] 1", 3],
    ['{"a": [1', 8],
  ];
  for (const [text, at] of wrong) {
    assertThrows(() => JSON.parse(text));
    assertStrictEquals(faultAt(text), at, text);
  }
  // Whatever is cut off a text is seen as JSON.parse() sees it.
  const [whole] = texts;
  for (let end = 1; end < whole!.length; end++) assertEquals(faultAt(whole!.slice(0, end)) === undefined, false);
  assertStrictEquals(faultAt("[".repeat(200_000)), 200_000);
});

Deno.test("cronWords() says usual times in the viewer's language, and others as the server does", () => {
  const crons = ["30 8 * * *", "0 9 * * 1-5", "0 9 * * 0", "15 9 1 * *", "0 * * * *", "5 * * * *", "0 9 * 3 *", "0 9"];
  const english = crons.map(cronWords);
  assertEquals(english.slice(0, 3), [
    "every day at 08:30",
    "every day from Monday to Friday at 09:00",
    "every Sunday at 09:00",
  ]);
  speak("de", de);
  try {
    assertEquals(crons.map(cronWords), [
      ...["jeden Tag um 08:30", "jeden Tag von Montag bis Freitag um 09:00", "jeden Sonntag um 09:00"],
      ...["am 1. Tag des Monats um 09:15", "jede Stunde", "jede Stunde zur Minute 5"],
      ...english.slice(6),
    ]);
  } finally {
    speak("en", {});
  }
});
