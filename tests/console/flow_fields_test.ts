/** Fields of the flow editor: what their text means, where faults belong, and what completion offers at the caret. */

import assert from "node:assert/strict";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import type { Vocabulary } from "../../src/console/features/flows/vocabulary_api.ts";
import { at as serverAt } from "../../src/engine/faults.ts";
import {
  completed,
  completionAt,
  pathsIn,
  type Suggestion,
} from "../../src/console/features/flows/draft/completion.ts";
import { at, faultsAt, placeInWords, wayUp } from "../../src/console/features/flows/draft/places.ts";
import {
  amountOf,
  fieldOfRule,
  operatorsFor,
  readAs,
  startOfRule,
} from "../../src/console/features/flows/draft/rule_type.ts";
import { asKind, kindAfter, kindOfParam, textOf, valueOf } from "../../src/console/features/flows/draft/typed.ts";
import { vocabularyOf } from "../../src/flows/vocabulary.ts";
import { PROFILES } from "../../src/profiles/profiles.ts";
import { isUnread } from "../../src/console/features/flows/draft/unread.ts";

const KNOWN: Suggestion[] = [
  { text: "$.webhook.id", kind: "path", detail: "" },
  { text: "$.webhook.project.name", kind: "path", detail: "" },
  { text: "concat", kind: "function", detail: "concat(a, b, ...)" },
];

Deno.test("at() spells places as the server does", () => {
  for (const key of ["name", "a b", 'q"t', 3, "x-y"]) {
    for (const path of ["", "body"]) assert.equal(at(path, key), serverAt(path, key));
  }
});

Deno.test("wayUp() leads from a place to the whole", () => {
  assert.deepEqual(wayUp('actions[1].body["a.b"].c'), [
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
  assert.deepEqual(faultsAt(faults, "actions[1].body.tagIds").length, 1);
  assert.deepEqual(faultsAt(faults, "actions[1]").length, 2);
});

Deno.test("placeInWords() counts steps from one", () => {
  assert.equal(placeInWords("actions[1].path_params.projectId"), "Step 2, path_params.projectId");
  assert.equal(placeInWords("conditions.rules[0].field"), "Conditions, rules[0].field");
  assert.equal(placeInWords("trigger_event_types[0]"), "Trigger");
  assert.equal(placeInWords("actions"), "Steps");
  assert.equal(placeInWords("ordered"), "ordered");
});

Deno.test("valueOf() reads a text by the kind of its field, and textOf() shows it again", () => {
  assert.equal(valueOf("12.5", "number"), 12.5);
  assert.equal(valueOf("twelve", "number"), "twelve");
  assert.equal(valueOf("12345678901234567890", "number"), "12345678901234567890");
  assert.equal(valueOf("true", "flag"), true);
  assert.equal(valueOf("", "text"), undefined);
  assert.deepEqual(valueOf('["a"]', "json"), ["a"]);
  assert.equal(valueOf("$.webhook.tags", "json"), "$.webhook.tags");
  assert.equal(valueOf("{{ $.webhook.id }}", "number"), "{{ $.webhook.id }}");
  const unread = valueOf('["a"', "json");
  assert.ok(isUnread(unread));
  assert.equal(textOf(unread), '["a"');
  assert.equal(kindOfParam("string", { a: 1 }), "json");
  assert.equal(asKind("12", "number"), 12);
  assert.equal(asKind(12, "text"), "12");
});

Deno.test("completionAt() offers paths after a dollar, and functions too inside braces", () => {
  assert.equal(completionAt("plain", 5, KNOWN), undefined);
  assert.equal(completionAt("$$.x", 4, KNOWN), undefined);
  assert.deepEqual(completionAt("$.", 2, KNOWN)?.items.map(({ text }) => text), [
    "$.webhook.id",
    "$.webhook.project.name",
  ]);
  assert.deepEqual(completionAt("$.name", 6, KNOWN)?.items.map(({ text }) => text), ["$.webhook.project.name"]);
  const inside = completionAt("Hello {{ con", 12, KNOWN)!;
  assert.deepEqual(inside.items.map(({ text }) => text), ["concat"]);
  assert.equal(completionAt("{{ $.webhook.id }} and", 22, KNOWN), undefined);
});

Deno.test("completed() puts the chosen one at the caret", () => {
  const choose = (text: string, caret: number, index: number) =>
    completed(text, completionAt(text, caret, KNOWN)!, KNOWN[index]!);
  assert.deepEqual(choose("$.na", 4, 1), { text: "$.webhook.project.name", caret: 22 });
  assert.deepEqual(choose("Hi {{ ", 6, 0), { text: "Hi {{ $.webhook.id }}", caret: 21 });
  assert.deepEqual(choose("Hi {{ con", 9, 2), { text: "Hi {{ concat(", caret: 13 });
  assert.deepEqual(choose("{{ concat($.we) }}", 14, 0), { text: "{{ concat($.webhook.id) }}", caret: 22 });
});

Deno.test("pathsIn() spells each place of a payload with its value", () => {
  assert.deepEqual(pathsIn({ id: "a", tags: [{ name: "x" }], "a b": null }).map(({ text, detail }) => [text, detail]), [
    ["$.webhook", "object"],
    ["$.webhook.id", '"a"'],
    ["$.webhook.tags", "list of 1"],
    ["$.webhook.tags[0]", "object"],
    ["$.webhook.tags[0].name", '"x"'],
    ["$.webhook['a b']", "null"],
  ]);
});

Deno.test("kindAfter() keeps a number one while it is typed, and JSON until another kind is chosen", () => {
  for (const typed of ["", "-", "1."]) assert.equal(kindAfter("number", valueOf(typed, "number") ?? ""), "number");
  assert.equal(kindAfter("number", "$.webhook.id"), "text");
  assert.equal(kindAfter("text", 1.5), "number");
  assert.equal(kindAfter("json", "abc"), "json");
  assert.equal(kindAfter("flag", "abc"), "text");
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
    assert.equal(typeOf(spelt, "NEW_TIME_ENTRY"), "duration", spelt);
  }
  assert.equal(typeOf("$.webhook.tags[0].id", "NEW_TIME_ENTRY"), "id");
  assert.equal(typeOf("$.webhook.tags[*].id", "NEW_TIME_ENTRY", "TIME_ENTRY_UPDATED"), "id");
  for (const unknown of ["", "$.webhook.nothing", undefined]) {
    assert.equal(typeOf(unknown, "NEW_TIME_ENTRY"), undefined);
  }
  assert.equal(typeOf("timeInterval.duration", "NEW_TAG"), undefined);
});

Deno.test("operatorsFor() offers those of the type in its words, and the one in use; startOfRule() begins with the usual", () => {
  const words = (type: "duration" | "boolean" | null, used: string) =>
    operatorsFor(type, { ...WORDS, used }).map(({ label }) => label);
  assert.deepEqual(words("duration", ">").slice(0, 4), [
    "is longer than",
    "is at least",
    "is shorter than",
    "is at most",
  ]);
  assert.deepEqual(words("boolean", "contains"), ["is", "is there", "is missing", "contains"]);
  assert.equal(words(null, "==").length, WORDS.operators.length);
  const fresh = { field: "", operator: "==", value: "" };
  assert.deepEqual(startOfRule(fresh, "duration", WORDS), { operator: ">" });
  assert.deepEqual(startOfRule(fresh, "boolean", WORDS), { operator: "==", value: true });
  assert.deepEqual(startOfRule({ ...fresh, value: "x" }, "duration", WORDS), {});
  assert.deepEqual(startOfRule(fresh, null, WORDS), {});
});

Deno.test("readAs() says how a value is read, or what is missing of it", () => {
  assert.deepEqual(readAs("duration", "8:30"), { words: "8 h 30 min" });
  assert.deepEqual(readAs("duration", "8"), { problem: "Add the unit: 8 h or min?" });
  assert.deepEqual(readAs("duration", "8 huors"), { problem: "Did you mean 8 h?" });
  assert.deepEqual(readAs("money", 8050), { words: "80.50" });
  assert.deepEqual(readAs("money", amountOf("80")), { words: "80.00" });
  assert.deepEqual([amountOf("80.5"), amountOf("-3"), amountOf("80 EUR")], ["80.5", "-3.00", "80 EUR"]);
  assert.equal(readAs("duration", ""), undefined);
  assert.equal(readAs("instant", "2026-11-16"), undefined);
});
