/** The tree of a draft: every kind of step comes back as it was written, rows move in and out of lists, and find their faults. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import { type Draft, draftFaults, emptyDraft, toDraft, toFlow } from "../../src/console/features/flows/draft/draft.ts";
import { addCondition, setRule } from "../../src/console/features/flows/draft/draft_conditions.ts";
import { rulesIn } from "../../src/console/features/flows/draft/conditions.ts";
import { addIntent } from "../../src/console/features/flows/draft/intents.ts";
import type { StepJson } from "../../src/console/features/flows/draft/json.ts";
import { addControl, addLane, removeLane, setLane } from "../../src/console/features/flows/draft/lanes.ts";
import { faultsOfRow, outline, type Row, rowAt } from "../../src/console/features/flows/draft/outline.ts";
import { namesAt } from "../../src/console/features/flows/draft/scope.ts";
import {
  flowSentence,
  laneName,
  sentenceOf,
  type SentenceWords,
} from "../../src/console/features/flows/draft/sentences.ts";
import {
  addStep,
  duplicateStep,
  moveStep,
  removeStep,
  setAction,
  setControl,
} from "../../src/console/features/flows/draft/steps.ts";
import { type ControlStep, idOf, isControl } from "../../src/console/features/flows/draft/tree.ts";
import { parseJson } from "../../src/console/ui/unparsed_json.ts";
import { toVocabulary, type VocabularyWire } from "../../src/console/features/flows/vocabulary_api.ts";
import de from "../../src/console/words/de.ts";
import { speak } from "../../src/console/words/say.ts";
import { vocabularyOf } from "../../src/flows/vocabulary/vocabulary.ts";
import { PROFILES } from "../../src/profiles/profiles.ts";

const VOCABULARY = toVocabulary({
  ...JSON.parse(JSON.stringify(vocabularyOf({ profile: PROFILES.at(-1)!, catalogue: builtinCatalogue() }))),
  custom_sources: [],
  generic_http: true,
} as VocabularyWire);

/** One of each kind, with one in another. */
const WHOLE = flowOf([
  action("first"),
  {
    kind: "branch",
    id: "size",
    cases: [
      {
        if: { all: [{ field: "$.webhook.timeInterval.duration", operator: ">", value: "8 h" }] },
        actions: [action("mark", "$.steps.first.output.id")],
      },
      { name: "Small", if: { field: "$.webhook.billable", operator: "==", value: false }, actions: [] },
    ],
    otherwise: [{ kind: "wait", id: "pause", for: "1 h" }, {
      kind: "approval",
      id: "ask",
      people: ["5e0000000000000000000001"],
      roles: [],
      deadline: "3 d",
      ask: [action("chat")],
      remind: { after: "1 d", actions: [action("again")] },
      approved: [action("yes")],
      expired: [],
    }],
  },
  { kind: "branch", id: "which", on: "$.webhook.projectId", cases: [{ equals: ["a"], actions: [] }], otherwise: [] },
  {
    kind: "parallel",
    id: "both",
    join: { at_least: 1 },
    branches: [{ name: "Left", actions: [action("left")] }, { actions: [] }],
  },
  {
    kind: "loop",
    id: "each",
    over: "$.webhook.tags",
    max_items: 100,
    at_once: 3,
    on_error: "collect",
    actions: [{
      kind: "try",
      id: "safe",
      actions: [action("risky")],
      on_error: [action("sorry")],
      finally: [],
    }],
  },
  {
    kind: "loop",
    id: "again_and_again",
    while: { field: "$.loop.index", operator: "<", value: 3 },
    max_items: 5,
    at_once: 1,
    on_error: "stop",
    actions: [],
  },
  {
    kind: "wait",
    id: "hear",
    event: { event_types: ["TIMER_STOPPED"], conditions: { all: [] } },
    deadline: "2 d",
    expired: [{ kind: "end", id: "over", outcome: "failure", message: "Too late" }],
  },
  { id: "note", type: "transform", output: { a: 1 }, on_uncertain: "retry" },
  { id: "keep", type: "variables", set: { total: 1 }, on_uncertain: "retry" },
  action("last"),
]);

Deno.test("toFlow(toDraft()) is the definition for every kind of step, and all rows have keys and numbers of their own", () => {
  const draft = toDraft(WHOLE);
  assertEquals(toFlow(draft), WHOLE);
  const rows = outline(draft);
  assertEquals(rows.map(({ number }) => number), rows.map((_, index) => index + 1));
  assertEquals(new Set(rows.map(({ step }) => step.key)).size, rows.length);
  assertEquals(rows.map(({ step }) => idOf(step)).slice(0, 8), [
    ...["first", "size", "mark", "pause", "ask", "chat", "again", "yes"],
  ]);
});

Deno.test("faults find their row by the place that the server names", () => {
  const draft = toDraft(WHOLE);
  const places = {
    "actions[1].cases[0].actions[0].body.name": "mark",
    "actions[1].cases[0].if.all[0].value": "size",
    "actions[1].otherwise[1].remind.actions[0].body": "again",
    "actions[1].otherwise[1].remind.after": "ask",
    "actions[4].actions[0].on_error[0].path_params.id": "sorry",
    "actions[6].expired[0].message": "over",
  };
  for (const [place, id] of Object.entries(places)) assertStrictEquals(idOf(rowAt(draft, place)!.step), id, place);
  const faults = Object.keys(places).map((path) => ({ path, message: "" }));
  const size = outline(draft).find(({ step }) => idOf(step) === "size")!;
  assertEquals(faultsOfRow(draft, size, faults).map(({ path }) => path), ["actions[1].cases[0].if.all[0].value"]);
  const typed = setAction(draft, keyOf(draft, "sorry"), { body: parseJson("[1") });
  assertEquals(draftFaults(typed).map(({ path }) => path), ["actions[4].actions[0].on_error[0].body"]);
});

Deno.test("however steps move, each is there once, in a list, and back is where it was", () => {
  const draft = toDraft(WHOLE);
  const ids = outline(draft).map(({ step }) => idOf(step)).sort();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(ids.length - 1), fc.constantFrom(-1 as const, 1 as const)), { maxLength: 12 }),
      (moves) => {
        let now: Draft = draft;
        for (const [index, by] of moves) {
          const { key } = outline(now)[index]!.step;
          const moved = moveStep(now, key, by);
          assertEquals(outline(moved).map(({ step }) => idOf(step)).sort(), ids);
          if (moved !== now) assertEquals(toFlow(moveStep(moved, key, by === 1 ? -1 : 1)), toFlow(now));
          now = moved;
        }
      },
    ),
    { numRuns: 60 },
  );
  const out = moveStep(draft, keyOf(draft, "mark"), -1);
  assertEquals(toFlow(out).actions[1], action("mark", "$.steps.first.output.id"));
  const into = moveStep(draft, keyOf(draft, "note"), -1);
  assertEquals(idOf(rowAt(into, "actions[6].expired[1]")!.step), "note");
});

Deno.test("a copy has ids of its own in all that it holds, and a step goes with all that it holds", () => {
  const draft = toDraft(WHOLE);
  const twice = duplicateStep(draft, keyOf(draft, "size"));
  const ids = outline(twice).map(({ step }) => idOf(step));
  assertStrictEquals(new Set(ids).size, ids.length);
  assert(ids.includes("size_copy") && ids.includes("mark_copy") && ids.includes("chat_copy"), ids.join());
  const keys = rulesIn((twice.steps[2] as ControlStep).lanes[0]!.condition!.node).map(({ key }) => key);
  assert(
    keys.every((key) =>
      !rulesIn((twice.steps[1] as ControlStep).lanes[0]!.condition!.node).some((one) => one.key === key)
    ),
  );
  assertEquals(toFlow(removeStep(twice, keyOf(twice, "size_copy"))), WHOLE);
});

Deno.test("a flow that gets a step of another kind names results by the ids of their steps", () => {
  const draft = toDraft(flowOf([action("find"), action("use", "{{ $.action_1_result.id }}")]));
  const { draft: both } = addControl(draft, "wait");
  assertEquals(toFlow(both).actions[1], action("use", "{{ $.steps.find.output.id }}"));
  assertEquals(toFlow(both).actions[2], { kind: "wait", id: "wait", for: "" });
});

Deno.test("cases, branches and lists are added in their place and taken away, with conditions of their own", () => {
  let { draft, key } = addControl(emptyDraft(), "branch");
  draft = addLane(draft, key, "cases");
  const lanes = () => (draft.steps[0] as ControlStep).lanes;
  assertEquals(lanes().map(({ list }) => list), ["cases", "cases", "otherwise"]);
  draft = addCondition(draft, undefined, "rule", lanes()[1]!.key);
  const [rule] = rulesIn(lanes()[1]!.condition!.node);
  draft = setRule(draft, rule!.key, { field: "$.webhook.billable", operator: "exists", value: undefined });
  draft = setLane(draft, lanes()[1]!.key, { name: "Billable" });
  draft = addStep(draft, "http", lanes()[1]!.key);
  draft = removeLane(draft, lanes()[0]!.key);
  const { cases, otherwise } = toFlow(draft).actions[0] as unknown as {
    cases: Record<string, unknown>[];
    otherwise: [];
  };
  assertEquals(cases.map(({ name, if: condition }) => [name, condition]), [["Billable", {
    type: "ALL",
    rules: [{ field: "$.webhook.billable", operator: "exists" }, { field: "", operator: "==", value: "" }],
  }]]);
  assertEquals([otherwise, toFlow(draft).conditions], [[], null]);
  let approval = addControl(emptyDraft(), "approval");
  approval = { ...approval, draft: removeLane(approval.draft, (approval.draft.steps[0] as ControlStep).lanes[2]!.key) };
  assert(!("rejected" in toFlow(approval.draft).actions[0]!));
  const again = addLane(approval.draft, approval.key, "rejected");
  assertEquals((again.steps[0] as ControlStep).lanes.map(({ list }) => list), [
    "ask",
    "approved",
    "rejected",
    "expired",
  ]);
});

Deno.test("rows are sentences, and lanes have names", () => {
  const draft = toDraft(WHOLE);
  const words = wordsOf(draft);
  const said = Object.fromEntries(outline(draft).map(({ step }) => [idOf(step), sentenceOf(step, words)]));
  assertEquals(said.size, "If Duration is longer than 8 h, or 1 other case");
  assertEquals(said.pause, "Wait 1 h");
  assertEquals(said.ask, "Ask Ana to approve, up to 3 d");
  assertEquals(said.which, "Depending on Project");
  assertEquals(said.both, "Do 2 things at once, until 1 are done");
  assertEquals(said.each, "For each of Tags, 3 at once");
  assertEquals(said.again_and_again, "Repeat while Index is less than 3");
  assertEquals(said.hear, "Wait for Timer stopped, at most 2 d");
  assertEquals(said.safe, "Try, and on error do something else");
  assertEquals(said.over, "End as failed: Too late");
  const names = outline(draft).flatMap(({ step }) =>
    isControl(step) ? step.lanes.map((lane) => laneName(step, lane, words)) : []
  );
  assertEquals(names, [
    ...["Duration is longer than 8 h", "Small", "Otherwise"],
    ...["When it is asked", "Reminder", "Approved", "No answer"],
    ...["A", "Otherwise", "Left", "Branch 2", "For each", "Try", "On error", "Finally", "Each time", "Too late"],
  ]);
});

Deno.test("rows are in the viewer's language, and the name that a flow is stored under is in English", () => {
  const draft = toDraft(WHOLE);
  const words = wordsOf(draft);
  const { size, ask } = Object.fromEntries(outline(draft).map(({ step }) => [idOf(step), step]));
  const name = flowSentence({ ...draft, steps: [size!] }, words);
  assertEquals(name, "Timer stopped: If Duration is longer than 8 h, or 1 other case");
  speak("de", de);
  try {
    assertEquals(flowSentence({ ...draft, steps: [size!] }, words), name);
    assertEquals(sentenceOf(ask!, words), "Freigabe erbitten: Ana, bis zu 3 d");
    assertEquals(sentenceOf(size!, words), "Wenn Dauer länger als 8 h, oder 1 weiterer Fall");
  } finally {
    speak("en", {});
  }
});

Deno.test("fields offer what is there when their step runs, and nothing of another branch or of a loop that is over", () => {
  const draft = toDraft(WHOLE);
  const offered = (id: string) => {
    const row = outline(draft).find(({ step }) => idOf(step) === id) as Row;
    return namesAt(draft, `${row.place}.body`, VOCABULARY).map(({ text }) => text);
  };
  const at = (id: string, text: string) => offered(id).some((one) => one.startsWith(text));
  assert(at("mark", "$.steps.first.output"));
  assert(!at("pause", "$.steps.mark.output"), "of another case");
  assert(at("yes", "$.steps.chat.output") && at("chat", "$.approval.link") && !at("yes", "$.approval.link"));
  assert(at("sorry", "$.loop.item") && at("sorry", "$.error.message") && at("sorry", "$.steps.risky.output"));
  assert(!at("risky", "$.error") && !at("last", "$.steps.risky.output") && !at("last", "$.loop.item"));
  assert(at("last", "$.steps.ask.output.decision") && at("last", "$.steps.each.output.failed"));
  assert(at("last", "$.vars.total") && !at("left", "$.vars.total"));
  assert(!offered("last").some((text) => text.includes("action_")));
});

Deno.test("an intent is added to the list that was asked for, and a control step's own part is changed", () => {
  const { draft: branched, key } = addControl({ ...emptyDraft(), triggers: ["TIMER_STOPPED"] }, "branch");
  const lane = (branched.steps[0] as ControlStep).lanes[0]!.key;
  const intent = VOCABULARY.intents.find(({ id }) => id === "add_tag_to_time_entry")!;
  const draft = setControl(addIntent(branched, { intent, fits: true }, lane), key, { name: "Long ones" });
  const [step] = toFlow(draft).actions as unknown as { name: string; cases: { actions: StepJson[] }[] }[];
  assertEquals([step!.name, step!.cases[0]!.actions.map(({ id }) => id)], ["Long ones", ["find_tag", "add_tag"]]);
});

function keyOf(draft: Draft, id: string): string {
  return outline(draft).find(({ step }) => idOf(step) === id)!.step.key;
}

function wordsOf({ triggers }: Draft): SentenceWords {
  return {
    triggers,
    vocabulary: VOCABULARY,
    nameOf: (id) => id === "5e0000000000000000000001" ? "Ana" : undefined,
    eventOf: (type) => VOCABULARY.events.find((one) => one.type === type)?.title ?? type,
    flowOf: () => undefined,
  };
}

function flowOf(actions: unknown[]) {
  return toFlow(toDraft({
    name: "Whole",
    enabled: true,
    trigger_event_types: ["TIMER_STOPPED"],
    triggers: { api: true },
    concurrency: { at_once: 2, when_full: "queue" },
    conditions: null,
    actions: actions as StepJson[],
    ordered: false,
  }));
}

function action(id: string, name = "x"): StepJson {
  return {
    id,
    type: "clockify",
    operation_id: "createTag",
    path_params: {},
    query_params: {},
    body: { name },
    on_uncertain: "retry",
  };
}
