/** The draft of a flow: what is read comes back as it was written, rows move and expressions follow, edits are undone. */

import { assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { parseFlow } from "../../src/flows/parse/parse_flow.ts";
import {
  type Draft,
  draftFaults,
  emptyDraft,
  isSame,
  toDraft,
  toFlow,
} from "../../src/console/features/flows/draft/draft.ts";
import {
  addCondition,
  duplicateCondition,
  moveCondition,
  removeCondition,
  setMode,
  setRule,
  turnCondition,
} from "../../src/console/features/flows/draft/draft_conditions.ts";
import { edited, redone, startHistory, undone } from "../../src/console/ui/history.ts";
import type { ActionJson, ClockifyActionJson, FlowJson } from "../../src/console/features/flows/draft/json.ts";
import { rulesIn } from "../../src/console/features/flows/draft/conditions.ts";
import {
  addStep,
  duplicateStep,
  moveStep,
  removeStep,
  setAction,
  setOperation,
} from "../../src/console/features/flows/draft/steps.ts";
import { actionsOf } from "../../src/console/features/flows/draft/tree.ts";
import { parseJson, withTexts } from "../../src/console/ui/unparsed_json.ts";
import { createDraftMemory } from "../../src/console/features/flows/draft/unsaved.ts";

const rule = fc.record({
  field: fc.constantFrom("$.webhook.projectId", "project.name", "$.delivery.type", "tags[*].name"),
  operator: fc.constantFrom("==", "!=", "contains", "starts with", "NOT_EXISTS", "exists"),
  value: fc.jsonValue(),
  quantifier: fc.constantFrom("any", "every", null),
  case_insensitive: fc.constantFrom(true, false, null),
}, { requiredKeys: ["field", "operator"] });
const { condition } = fc.letrec((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4 },
    rule,
    fc.record({ all: fc.array(tie("condition"), { maxLength: 3 }) }),
    fc.record({ any: fc.array(tie("condition"), { maxLength: 3 }) }),
    fc.record({ not: tie("condition") }),
    fc.record(
      { type: fc.constantFrom("ALL", "any", "Any"), rules: fc.array(tie("condition"), { maxLength: 3 }) },
      { requiredKeys: ["type"] },
    ),
  ),
}));
const params = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 });
const retry = fc.record({
  max_attempts: fc.integer({ min: 1, max: 20 }),
  initial_delay_ms: fc.nat(1000),
  max_delay_ms: fc.integer({ min: 1000, max: 9000 }),
  multiplier: fc.integer({ min: 1, max: 10 }),
});
const shared = {
  id: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
  retry,
  on_uncertain: fc.constantFrom("retry", "stop"),
};
const action = fc.oneof(
  fc.record({
    ...shared,
    type: fc.constant("clockify"),
    operation_id: fc.string({ minLength: 1 }),
    as_user: fc.string({ minLength: 1 }),
    path_params: params,
    query_params: params,
    body: fc.jsonValue(),
  }, { requiredKeys: ["id", "on_uncertain", "type", "operation_id", "path_params", "query_params"] }),
  fc.record({
    ...shared,
    type: fc.constant("http"),
    method: fc.constantFrom("GET", "POST"),
    url: fc.string({ minLength: 1 }),
    headers: params,
    query: params,
    body: fc.jsonValue(),
    timeout_ms: fc.integer({ min: 100, max: 60_000 }),
  }, { requiredKeys: ["id", "on_uncertain", "type", "method", "url", "headers", "query", "timeout_ms"] }),
) as fc.Arbitrary<ActionJson>;
const flow = fc.record({
  name: fc.string({ minLength: 1, maxLength: 255 }),
  enabled: fc.boolean(),
  trigger_event_types: fc.array(fc.string(), { maxLength: 5 }),
  conditions: fc.oneof(fc.constant(null), fc.constant({}), condition),
  actions: fc.array(action, { maxLength: 4 }),
  ordered: fc.boolean(),
}).map((definition): FlowJson => JSON.parse(JSON.stringify(definition)));

const CHAIN: FlowJson = {
  name: "Chain",
  enabled: true,
  trigger_event_types: ["NEW_TIME_ENTRY"],
  conditions: null,
  actions: [
    clockify("find", { query_params: { name: "x" } }),
    clockify("make", { body: { name: '{{ default($.webhook.name, "action_1_result") }}' } }),
    clockify("use", {
      body: {
        a: "$.action_1_result[0].id",
        b: "{{ concat(action_2_result.id, actions[0].result.id) }} of action_1_result",
        c: "$.steps.find.output.id",
      },
    }),
  ],
  ordered: false,
};

Deno.test("toFlow(toDraft()) is the definition, whatever the server gives", () => {
  fc.assert(fc.property(flow, (definition) => {
    assertEquals(toFlow(toDraft(definition)), definition);
  }));
});

Deno.test("toDraft() gives each row a key of its own", () => {
  fc.assert(fc.property(flow, (definition) => {
    const draft = toDraft(definition);
    const keys = [...draft.steps.map(({ key }) => key), ...rulesIn(draft.condition).map(({ key }) => key)];
    assertEquals(new Set(keys).size, keys.length);
  }));
});

Deno.test("moveStep() there and back is the same draft", () => {
  const draft = toDraft(CHAIN);
  const moved = moveStep(draft, draft.steps[0]!.key, 1);
  assertEquals(actionsOf(moved).map(({ id }) => id), ["make", "find", "use"]);
  const back = JSON.stringify(toFlow(moveStep(moved, draft.steps[0]!.key, -1)));
  assertStrictEquals(back, JSON.stringify(CHAIN).replace("actions[0].result", "action_1_result"));
  assertStrictEquals(moveStep(draft, draft.steps[0]!.key, -1), draft);
});

Deno.test("moveStep() lets expressions follow the results they name, and leaves texts alone", () => {
  const draft = toDraft(CHAIN);
  const [make, , use] = actionsOf(moveStep(draft, draft.steps[0]!.key, 1));
  assertEquals((make as ClockifyActionJson).body, { name: '{{ default($.webhook.name, "action_1_result") }}' });
  assertEquals((use as ClockifyActionJson).body, {
    a: "$.action_2_result[0].id",
    b: "{{ concat(action_1_result.id, action_2_result.id) }} of action_1_result",
    c: "$.steps.find.output.id",
  });
});

Deno.test("however steps are moved, each reference means the step that it meant, and what people see is the place", () => {
  // "use" names both earlier results, in every spelling; the ids are the editor's own.
  const spellings = (n: number) => [
    `$.action_${n}_result.id`,
    `{{ $.action_${n}_result.id }}`,
    `{{ $['action_${n}_result'].id }}`,
    `{{ upper(action_${n}_result.id) }} and {{ actions[${n - 1}].result.id }}`,
  ];
  const draft = toDraft({
    ...CHAIN,
    actions: [
      clockify("step_1", { body: { says: "one" } }),
      clockify("step_2", { body: { says: "two" } }),
      clockify("step_3", {
        body: {
          one: spellings(1),
          two: spellings(2),
          ids: ["$.steps.step_1.output.id", "$.steps.step_2.output.id"],
          field: "$.webhook.action_1_result",
          text: "{{ default($.webhook.name, 'action_1_result') }} action_1_result",
          typed: parseJson('{"a": "$.action_1_result.id", "b": "{{ action_2_result.id }}'),
        },
      }),
    ],
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2), fc.constantFrom(-1 as const, 1 as const)), { maxLength: 8 }), (moves) => {
      const moved = moves.reduce((now, [index, by]) => moveStep(now, now.steps[index]!.key, by), draft);
      const place = (id: string) => actionsOf(moved).findIndex((one) => one.id === id) + 1;
      const [one, two] = [place("step_1"), place("step_2")];
      const action = clockifyOf(moved, place("step_3") - 1);
      const follow = (n: number) =>
        spellings(n).map((text) =>
          moves.length === 0
            ? text
            : text.replace(/\['(action_\d_result)'\]/, ".$1").replace(/actions\[\d\]\.result/, `action_${n}_result`)
        );
      const isAsWritten = JSON.stringify(action) === JSON.stringify(actionsOf(draft)[2]);
      const body = withTexts(action.body) as Record<string, unknown>;
      if (!isAsWritten) {
        assertEquals([body.one, body.two], [follow(one), follow(two)]);
        assertEquals(body.typed, `{"a": "$.action_${one}_result.id", "b": "{{ action_${two}_result.id }}`);
      } else assertEquals([one, two], [1, 2]);
      assertEquals(body.ids, ["$.steps.step_1.output.id", "$.steps.step_2.output.id"]);
      assertEquals(body.field, "$.webhook.action_1_result");
      assertEquals(body.text, "{{ default($.webhook.name, 'action_1_result') }} action_1_result");
    }),
  );
});

Deno.test("removeStep() makes expressions name the step that is gone, not the next one", () => {
  const draft = toDraft(CHAIN);
  const use = clockifyOf(removeStep(draft, draft.steps[0]!.key), 1);
  assertEquals(use.body, {
    a: "$.steps.find.output[0].id",
    b: "{{ concat(action_1_result.id, steps.find.output.id) }} of action_1_result",
    c: "$.steps.find.output.id",
  });
});

Deno.test("duplicateStep() and addStep() give ids that differ from all others", () => {
  let draft = toDraft(CHAIN);
  const { key } = draft.steps[1]!;
  draft = addStep(duplicateStep(duplicateStep(draft, key), key), "http");
  const ids = actionsOf(draft).map(({ id }) => id);
  assertEquals(ids, ["find", "make", "make_copy_2", "make_copy", "use", "step_6"]);
  assertEquals(
    (clockifyOf(draft, 4).body as Record<string, unknown>).b?.toString().includes("action_2_result"),
    true,
  );
});

Deno.test("setOperation() keeps what the other operation takes too", () => {
  const draft = toDraft({
    ...CHAIN,
    actions: [clockify("one", { path_params: { id: "a", x: 1 }, query_params: { q: 1 } })],
  });
  const { key } = draft.steps[0]!;
  const shape = { name: "other", pathParams: ["id"], queryParams: [], bodyKind: "array" };
  const changed = actionsOf(setOperation(draft, key, shape))[0]!;
  assertEquals<unknown>(changed, { ...clockify("one", {}), operation_id: "other", path_params: { id: "a" }, body: [] });
});

Deno.test("conditions are added, turned, moved, duplicated and removed", () => {
  let draft = addCondition(emptyDraft(), undefined, "rule");
  const first = rulesIn(draft.condition)[0]!.key;
  draft = setRule(draft, first, { field: "a", operator: "exists", value: undefined });
  draft = addCondition(draft, undefined, "group");
  draft = turnCondition(draft, first);
  assertEquals(toFlow(draft).conditions, {
    type: "ALL",
    rules: [
      { not: { field: "a", operator: "exists" } },
      { type: "ALL", rules: [{ field: "", operator: "==", value: "" }] },
    ],
  });
  const root = draft.condition!;
  assertEquals(root.kind, "group");
  const [not, group] = root.kind === "group" ? root.children : [];
  draft = setMode(moveCondition(draft, not!.key, 1), group!.key, "any");
  draft = duplicateCondition(draft, first);
  assertEquals(toFlow(removeCondition(draft, group!.key)).conditions, {
    type: "ALL",
    rules: [{ not: { field: "a", operator: "exists" } }],
  });
  assertEquals(removeCondition(draft, root.key).condition, null);
});

Deno.test("duplicateCondition() of the only rule makes a group of two", () => {
  const only = { field: "a", operator: "exists" };
  const draft = toDraft({ ...CHAIN, conditions: only });
  const doubled = duplicateCondition(draft, draft.condition!.key);
  assertEquals(toFlow(doubled).conditions, { type: "ALL", rules: [only, only] });
  const keys = rulesIn(doubled.condition).map(({ key }) => key);
  assertNotStrictEquals(keys[0], keys[1]);
});

Deno.test("draftFaults() points at JSON that is still being typed", () => {
  const draft = toDraft(CHAIN);
  const typed = setAction(draft, draft.steps[1]!.key, { body: { tagIds: parseJson('["a"') } });
  assertEquals(draftFaults(typed).map(({ path }) => path), ["actions[1].body.tagIds"]);
  assertEquals((toFlow(typed).actions[1] as ClockifyActionJson).body, { tagIds: '["a"' });
  assertEquals(isSame(typed, setAction(draft, draft.steps[1]!.key, { body: { tagIds: '["a"' } })), false);
  // Another change does not lose it.
  assertEquals(draftFaults(moveStep(typed, draft.steps[0]!.key, 1)).map(({ path }) => path), [
    "actions[0].body.tagIds",
  ]);
});

Deno.test("undone() and redone() walk over edits; typing in one field is one of them", () => {
  let history = startHistory<Draft>(emptyDraft());
  const name = (text: string) => history = edited(history, { ...history.present, name: text }, "name");
  name("a");
  name("ab");
  history = edited(history, addStep(history.present, "clockify"));
  name("abc");
  assertEquals(history.past.map((draft) => draft.name), ["", "ab", "ab"]);
  history = undone(undone(history));
  assertEquals(history.present.name, "ab");
  assertEquals(history.present.steps.length, 0);
  history = redone(history);
  assertEquals(history.present.steps.length, 1);
  history = edited(history, { ...history.present, ordered: true });
  assertEquals(history.future, []);
});

Deno.test("a flow built from nothing is one that the server takes", () => {
  let draft: Draft = { ...emptyDraft(), name: "Built", triggers: ["NEW_TAG"] };
  draft = addCondition(draft, undefined, "rule");
  draft = setRule(draft, rulesIn(draft.condition)[0]!.key, { field: "$.webhook.name", operator: "==", value: "x" });
  draft = addStep(draft, "clockify");
  draft = setOperation(draft, draft.steps[0]!.key, {
    name: "getTags",
    pathParams: [],
    queryParams: [],
    bodyKind: "none",
  });
  const result = parseFlow(toFlow(draft), { knownEvent: () => true, checkAction: () => [] });
  assertEquals<unknown>(result.ok && result.flow, toFlow(draft));
});

function clockifyOf(draft: Draft, index: number): ClockifyActionJson {
  return actionsOf(draft)[index] as ClockifyActionJson;
}

function clockify(id: string, parts: Partial<ClockifyActionJson>): ActionJson {
  return {
    id,
    type: "clockify",
    operation_id: "getTags",
    path_params: {},
    query_params: {},
    on_uncertain: "retry",
    ...parts,
  } as ActionJson;
}

Deno.test("createDraftMemory() offers no viewer the draft of another, and clears all at once", () => {
  const memory = createDraftMemory();
  const base = emptyDraft();
  const kept = { history: startHistory(base), base, saved: undefined };
  memory.of("Ann").keep("7", kept);
  assertStrictEquals(memory.of("Ann").get("7"), kept);
  assertEquals(memory.of("Bob").get("7"), undefined);
  memory.of("Bob").drop("7");
  assertEquals(memory.isEmpty(), false);
  memory.forget();
  assertEquals(memory.of("Ann").get("7"), undefined);
  assertEquals(memory.isEmpty(), true);
});
