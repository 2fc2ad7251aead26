/** Steps by what people want: found by their words, added whole, and what the editor says of the rest of the object. */

import { assert, assertEquals, assertMatch, assertNotMatch, assertStrictEquals } from "@std/assert";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import { operationNamed, toVocabulary, type VocabularyWire } from "../../src/console/features/flows/vocabulary_api.ts";
import { completionAt, resultPaths } from "../../src/console/features/flows/draft/completion.ts";
import { type Draft, emptyDraft, toDraft, toFlow } from "../../src/console/features/flows/draft/draft.ts";
import {
  addIntent,
  answerOf,
  intentOfStep,
  intentsFor,
  knownIntent,
  type StepIntent,
  withAnswer,
} from "../../src/console/features/flows/draft/intents.ts";
import type { ActionStep } from "../../src/console/features/flows/draft/tree.ts";
import type { ActionJson, ClockifyActionJson } from "../../src/console/features/flows/draft/json.ts";
import { bodyFieldsOf, mergeWords } from "../../src/console/features/flows/draft/merge.ts";
import { operationsFor } from "../../src/console/features/flows/draft/operation_search.ts";
import { otherSystem } from "../../src/console/features/flows/draft/other_system.ts";
import { duplicateStep, setAction, setOperation } from "../../src/console/features/flows/draft/steps.ts";
import de from "../../src/console/words/de.ts";
import { speak } from "../../src/console/words/say.ts";
import { vocabularyOf } from "../../src/flows/vocabulary/vocabulary.ts";
import { PROFILES } from "../../src/profiles/profiles.ts";

const profile = PROFILES.find(({ key }) => key === "universal_webhook")!;
const WORDS = toVocabulary({
  ...JSON.parse(JSON.stringify(vocabularyOf({ profile, catalogue: builtinCatalogue() }))),
  custom_sources: [],
  generic_http: true,
} as VocabularyWire);
const { intents } = WORDS;
const ENTRY = ["TIMER_STOPPED"];
const PROJECT = ["NEW_PROJECT"];

const found = (text: string, triggers: readonly string[] = []) =>
  intentsFor(intents, { text, triggers }).map(({ intent }) => intent.id);

Deno.test("intentsFor() finds first what a plain phrase means", () => {
  const phrases: [string, string, (readonly string[])?][] = [
    ["add tag to time entry", "add_tag_to_time_entry"],
    ["add a tag", "add_tag_to_time_entry"],
    ["tag the entry", "add_tag_to_time_entry"],
    ["remove tag", "remove_tag_from_time_entry"],
    ["rename", "set_description", ENTRY],
    ["rename", "rename_project", PROJECT],
    ["rename the project", "rename_project"],
    ["set description", "set_description"],
    ["change the description", "set_description"],
    ["stop timer", "stop_timer", ["NEW_TIMER_STARTED"]],
    ["stop the running timer", "stop_timer"],
    ["set billable", "set_billable"],
    ["mark as not billable", "set_billable"],
    ["archive project", "archive_project"],
    ["budget", "set_project_budget"],
    ["set the budget", "set_project_budget"],
    ["hourly rate", "set_project_rate"],
    ["assign project", "set_project"],
    ["assign task", "set_task", ENTRY],
    ["finish task", "finish_task"],
    ["create client", "create_client"],
    ["new task", "create_task"],
    ["log time", "create_time_entry"],
    ["update time entry", "change_time_entry"],
  ];
  for (const [text, id, triggers] of phrases) assertStrictEquals(found(text, triggers)[0], id, text);
  assertEquals(found("").length, intents.length);
});

Deno.test("intentsFor() finds by the shown words and by the English ones", () => {
  speak("de", de);
  try {
    assertEquals([found("Tag hinzufügen")[0], found("add a tag")[0]], [
      "add_tag_to_time_entry",
      "add_tag_to_time_entry",
    ]);
  } finally {
    speak("en", {});
  }
});

Deno.test("what Clockify does not do leads to another system, or to nothing", () => {
  for (const text of ["send email", "slack", "notify", "post to a webhook"]) {
    assertEquals(found(text), [], text);
    assert(otherSystem(text), text);
  }
  assertEquals([otherSystem("approve"), otherSystem("add a tag"), otherSystem("rename the project")], [
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals(operationsFor(WORDS.operations, "approve")[0]!.operationId, "updateApprovalStatus");
  assertEquals([found("lock"), operationsFor(WORDS.operations, "lock period")], [[], []]);
});

Deno.test("addIntent() puts the steps of an intent at the end, under ids that are free", () => {
  let draft: Draft = { ...emptyDraft(), triggers: ENTRY };
  draft = add(add(draft, "add a tag"), "add a tag");
  const bodies = toFlow(draft).actions.map((action) => [action.id, (action as ClockifyActionJson).body]);
  assertEquals(bodies, [
    ["find_tag", undefined],
    ["add_tag", { tagIds: { $add: "$.steps.find_tag.output.id" } }],
    ["find_tag_2", undefined],
    ["add_tag_2", { tagIds: { $add: "$.steps.find_tag_2.output.id" } }],
  ]);
  assert(toFlow(draft).actions.every((action) => !("intent" in action)));
  assertEquals(stepAt(draft, -1).intent, { id: "add_tag_to_time_entry", action: 1 });
  assertEquals(stepAt(duplicateStep(draft, draft.steps[1]!.key), 2).intent, stepAt(draft, 1).intent);
});

Deno.test("an intent for another object than the event's does not name the event's: it asks", () => {
  const draft = add({ ...emptyDraft(), triggers: PROJECT }, "add a tag to the time entry");
  const [, step] = draft.steps;
  assertEquals(toFlow(draft).actions.map((action) => (action as ClockifyActionJson).path_params), [{}, {}]);
  assertEquals(useOf(draft, 1).asks.map(({ path, label }) => [path, label]), [
    [["path_params", "id"], "Which time entry"],
  ]);
  const named = setAction(draft, step!.key, { path_params: { id: "$.webhook.entryId" } });
  assertEquals(answerOf(actionOf(named, 1), useOf(named, 1).asks[0]!, useOf(named, 1)), "$.webhook.entryId");
});

Deno.test("withAnswer() fills in what is asked, and takes it away whole", () => {
  const answered = (text: string, value: unknown) => {
    const draft = add({ ...emptyDraft(), triggers: [] }, text);
    const use = useOf(draft, draft.steps.length - 1);
    const asked = use.asks.at(-1)!;
    const action = actionOf(draft, draft.steps.length - 1);
    assertEquals(answerOf(action, asked, use), undefined, text);
    const given = { ...action, ...withAnswer(action, { asked, value, use }) } as ClockifyActionJson;
    assertStrictEquals(answerOf(given, asked, use), value, text);
    assertEquals(withAnswer(given, { asked, value: undefined, use }).body, action.body, text);
    return given.body;
  };
  assertEquals(answered("remove tag", "t1"), { tagIds: { $remove: "t1" } });
  assertEquals(answered("set billable", false), { billable: false });
  assertEquals(answered("hourly rate", 9500), { hourlyRate: { amount: 9500 } });
  assertEquals(answered("budget", 250_000), {
    budgetEstimate: { active: true, type: "MANUAL", estimate: 250_000 },
  });
});

Deno.test("knownIntent() knows the steps of a stored flow again, until they do more", () => {
  for (const { intent, fits } of intentsFor(intents, { text: "", triggers: [] })) {
    if (!intent.isComplete) continue;
    let draft = addIntent(emptyDraft(), { intent, fits });
    for (const [index, { key }] of draft.steps.entries()) {
      const use = useOf(draft, index);
      for (const asked of use.asks) {
        const value = asked.example ?? "5e0000000000000000000001";
        draft = setAction(draft, key, withAnswer(actionOf(draft, index), { asked, value, use }));
      }
    }
    const stored = toDraft(toFlow(draft));
    const last = knownIntent(stepAt(stored, -1), intents);
    // A tag is found or made alike by the first step of "Add a tag".
    const known = intent.id === "create_tag" ? "add_tag_to_time_entry" : intent.id;
    assertStrictEquals(last?.id, known);
    const { key } = stepAt(stored, -1);
    const more = setAction(stored, key, {
      body: { ...actionOf(stored, -1).body as Record<string, unknown>, color: "#112233" },
    });
    assertEquals(knownIntent(stepAt(more, -1), intents), undefined, intent.id);
  }
});

Deno.test("setOperation() is another step than the intent's, and says nothing of a replace", () => {
  const draft = add({ ...emptyDraft(), triggers: ENTRY }, "set billable");
  const { key } = draft.steps[0]!;
  const replacing = setAction(draft, key, { replace: true });
  const other = stepAt(setOperation(replacing, key, operationNamed(WORDS, "updateProject")!), 0);
  assertEquals([other.intent, (other.action as ClockifyActionJson).replace], [undefined, undefined]);
});

Deno.test("mergeWords() says what stays, what a replace loses, and what no read shows", () => {
  const entry = operationNamed(WORDS, "updateTimeEntry")!;
  const merged = mergeWords(entry, { body: { description: "x" } });
  assertMatch(merged.stays!, /^Only description changes\. The time entry is read/);
  assertMatch(mergeWords(entry, {}).stays!, /^Only the fields that are set here change\./);
  assertEquals(merged.warning, undefined);
  const replaced = mergeWords(entry, { body: { description: "x", start: "s" }, replace: true });
  assertEquals(replaced.stays, undefined);
  assertMatch(replaced.warning!, /^The whole time entry is replaced/);
  assertMatch(replaced.warning!, /would be lost: billable, customFields, end \(the timer would run again\)/);
  assertNotMatch(replaced.warning!, /description|start,/);
  assertEquals(mergeWords(operationNamed(WORDS, "createTag") ?? operationNamed(WORDS, "createNewTag")!, {}), {
    stays: undefined,
    warning: undefined,
  });
  const unread = WORDS.operations.find(({ fullReplace }) => (fullReplace?.unreadable.length ?? 0) > 0)!;
  assertMatch(mergeWords(unread, { body: {} }).warning!, /^Clockify does not return .*: without a value here/);
  const alone = WORDS.operations.find(({ loses }) => loses !== null)!;
  assertMatch(mergeWords(alone, {}).warning!, /^Replaces the object without reading it first\. Lost: /);
});

Deno.test("bodyFieldsOf() demands what the read gives only of a replace", () => {
  const entry = operationNamed(WORDS, "updateTimeEntry")!;
  const required = (replace: boolean) =>
    bodyFieldsOf(entry, replace).filter((field) => field.required).map(({ name }) => name);
  assertEquals([required(false), required(true)], [[], ["start"]]);
});

Deno.test("resultPaths() offers what the answer can hold: of a list its first, of nothing nothing", () => {
  const paths = resultPaths([
    clockify("list", "getTags"),
    clockify("one", "getTag"),
    clockify("gone", "DELETE /v1/workspaces/{workspaceId}/time-entries/{id}"),
    { id: "call", type: "http", method: "POST", url: "", headers: {}, query: {}, timeout_ms: 1, on_uncertain: "stop" },
    clockify("unknown", "noSuchOperation"),
  ], WORDS);
  const texts = paths.map(({ text }) => text);
  for (
    const text of [
      "$.action_1_result",
      "$.action_1_result[0]",
      "$.action_1_result[0].id",
      "$.action_1_result[0].name",
      "$.steps.list.output[0].id",
      "$.action_2_result.id",
      "$.action_2_result.name",
      "$.steps.one.output.id",
      "$.action_4_result.body",
      "$.action_5_result",
    ]
  ) assert(texts.includes(text), text);
  for (
    const text of ["$.action_1_result.id", "$.steps.list.output.id", "$.action_2_result[0]", "$.action_5_result.id"]
  ) {
    assert(!texts.includes(text), text);
  }
  assert(!texts.some((text) => /action_3_result|steps\.gone/.test(text)));
  assertEquals(completionAt("$.action_1_result.", 18, paths)?.items, []);
});

function add(draft: Draft, text: string): Draft {
  return addIntent(draft, intentsFor(intents, { text, triggers: draft.triggers })[0]!);
}

function stepAt(draft: Draft, index: number): ActionStep {
  return draft.steps.at(index) as ActionStep;
}

function actionOf(draft: Draft, index: number): ClockifyActionJson {
  return stepAt(draft, index).action as ClockifyActionJson;
}

function useOf(draft: Draft, index: number): StepIntent {
  const step = stepAt(draft, index);
  const operation = operationNamed(WORDS, actionOf(draft, index).operation_id);
  return intentOfStep(step, { intents, operation })!;
}

function clockify(id: string, operation_id: string): ActionJson {
  return { id, type: "clockify", operation_id, path_params: {}, query_params: {}, on_uncertain: "retry" };
}
