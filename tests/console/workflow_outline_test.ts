/** Tests of what the pages of workflows make of a definition: its outline, the lines of its JSON, and the fields of its input. */

import { assertEquals } from "@std/assert";
import { inputFields, inputOf } from "../../src/console/features/workflows/input_fields.ts";
import { lineOf, linesOf, readJson } from "../../src/console/features/workflows/json_places.ts";
import { isJump, orderOf, type OutlineList, outlineOf } from "../../src/console/features/workflows/outline.ts";
import { listKey } from "../../src/console/features/workflows/draft/edit.ts";
import { START, workflowTree } from "../../src/console/features/workflows/canvas_tree.ts";
import { layoutOf } from "../../src/console/ui/canvas/layout.ts";
import type { CanvasStep } from "../../src/console/ui/canvas/tree.ts";
import { TEMPLATES } from "../../src/console/features/workflows/templates.ts";
import { workflowShape } from "../../src/workflows/definition.ts";
import { readGraph } from "../../src/workflows/graph.ts";

type Drawn = string | { [step: string]: { [list: string]: Drawn[] } };

/** The ids of an outline, nested as its lists; a jump as ">id". */
function drawn(steps: OutlineList["steps"]): Drawn[] {
  return steps.map((step) => {
    if (isJump(step)) return `>${step.jumpsTo}`;
    if (step.lists.length === 0) return step.id;
    return { [step.id]: Object.fromEntries(step.lists.map(({ label, steps }) => [label, drawn(steps)])) };
  });
}

const agent = (next_step?: string) => ({ type: "agent", agent_name: "a", next_step });

Deno.test("an outline nests what branches and loops hold, and continues where the ways of a condition meet", () => {
  const steps = {
    first: agent("check"),
    check: { type: "conditional", condition: "1 == 1", if_true_step: "yes", if_false_step: "no" },
    yes: agent("join"),
    no: agent("join"),
    join: {
      type: "loop",
      loop_config: { collection: "${workflow.input.list}", loop_body: ["one", "two"] },
      next_step: "all",
    },
    one: agent(),
    two: agent(),
    all: { type: "parallel", parallel_steps: ["left", "right"], next_step: "fork" },
    left: agent(),
    right: agent(),
    fork: { type: "fork_join", fork_join_config: { branches: { a: { steps: ["deep"] } } } },
    deep: agent(),
  };
  const outline = outlineOf({ start_step: "first", steps });
  assertEquals(drawn(outline), [
    "first",
    { check: { "If yes": ["yes"], "If no": ["no"] } },
    { join: { "For each item": ["one", "two"] } },
    { all: { "Beside 1": ["left"], "Beside 2": ["right"] } },
    { fork: { "Branch a": ["deep"] } },
  ]);
  assertEquals(orderOf({ start_step: "first", steps }), [
    ...["first", "check", "yes", "no", "join", "one", "two", "all", "left", "right", "fork", "deep"],
  ]);
});

Deno.test("an outline ends also where steps lead in a circle, nowhere, or are no steps", () => {
  const circle = outlineOf({ start_step: "a", steps: { a: agent("b"), b: agent("a") } });
  assertEquals(drawn(circle), ["a", "b", ">a"]);
  assertEquals(drawn(outlineOf({ start_step: "none", steps: {} })), [">none"]);
  assertEquals(drawn(outlineOf({ start_step: "a", steps: { a: { type: "loop", next_step: "b" }, b: 7 } })), [
    { a: { "For each item": [] } },
    ">b",
  ]);
});

Deno.test("a workflow is drawn with both answers of a condition, what runs at the same time beside each other, and where it jumps", () => {
  const steps = {
    check: { type: "conditional", condition: "1 == 1", if_true_step: "all", next_step: "wait" },
    all: { type: "parallel", parallel_steps: ["left", "right"] },
    left: agent(),
    right: agent(),
    wait: { type: "wait_for_event", event_type: "ready", name: "Until it is ready", next_step: "fork" },
    fork: { type: "fork_join", fork_join_config: { branches: { a: { steps: ["deep"] }, b: { steps: ["gone"] } } } },
    deep: agent(),
  };
  const GONE = `${listKey(["steps", "fork", "fork_join_config", "branches", "b", "steps"])} 0 to gone`;
  const { flow, steps: byKey, jumps } = workflowTree({ start_step: "check", steps });
  const lanes = (list: readonly CanvasStep[]): unknown =>
    list.map(({ key, lanes: own }) =>
      own.length === 0 ? key : [key, Object.fromEntries(own.map((lane) => [lane.name, lanes(lane.steps)]))]
    );
  assertEquals(lanes(flow.head), [START]);
  assertEquals(lanes(flow.steps), [
    ["check", { "If yes": [["all", { "Beside 1": ["left"], "Beside 2": ["right"] }]], "If no": [] }],
    "wait",
    ["fork", { "Branch a": ["deep"], "Branch b": [GONE] }],
  ]);
  assertEquals([...byKey.keys()], ["check", "all", "left", "right", "wait", "fork", "deep"]);
  assertEquals([...jumps], []);
  const [, waits, fork] = flow.steps;
  assertEquals([waits!.mark, waits!.tone, waits!.detail, fork!.frame], [
    "wait",
    "wait",
    "wait: Until it is ready",
    "2 branches",
  ]);
  assertEquals(fork!.lanes[1]!.steps[0]!.faults, 1);
  const circle = workflowTree({ start_step: "a", steps: { a: agent("b"), b: agent("a") } });
  assertEquals([...circle.jumps], [["2 to a", "a"]]);
  assertEquals(circle.flow.steps.map(({ isEnd }) => isEnd ?? false), [false, false, true]);
  // Of every key one box.
  const keys = layoutOf(flow).boxes.map(({ key }) => key);
  assertEquals(new Set(keys).size, keys.length);
});

Deno.test("each template is a definition without a fault", () => {
  for (const { name, definition } of TEMPLATES) {
    const parsed = workflowShape.safeParse({ name, ...definition("an agent") });
    assertEquals(parsed.success && readGraph(parsed.data).faults, [], name);
  }
});

Deno.test("a fault's path has its line, or that of what is around it; a text that is no JSON has the line where it ends to be", () => {
  const text = `{
  "start_step": "a", "steps": {
    "a": {
      "type": "parallel",
      "parallel_steps": ["b",
        "c"],
      "odd \\" name": {"x": [1,
        {"y": 2}]}
    }
  }
}`;
  const lines = linesOf(text);
  const at = (path: string) => lineOf(path, lines);
  assertEquals(
    ["start_step", "steps", "steps.a.type", "steps.a.parallel_steps[1]", 'steps.a.odd " name.x[1].y'].map(at),
    [2, 2, 4, 6, 8],
  );
  assertEquals([at("steps.a.input_mapping.text"), at("steps.a.parallel_steps[7]"), at("none")], [3, 5, 1]);
  for (const broken of ["", "{", '{"a"', '{"a": ', "[1,,", '{"a": "b', "}", '{"a":1 "b":2}']) linesOf(broken);
  assertEquals(readJson('{"a": 1}'), { value: { a: 1 } });
  const fault = readJson('{\n"a": 1,\n"b" 2\n}');
  assertEquals("line" in fault && fault.line, 3);
});

Deno.test("the fields of an input are those of its schema; empty ones are left out, and what does not fit is for the server", () => {
  const fields = inputFields({
    type: "object",
    required: ["text"],
    properties: {
      text: { type: "string", title: "Text" },
      count: { type: "integer", default: 3 },
      urgent: { type: "boolean" },
      level: { enum: ["low", "high"] },
      rest: { type: "object" },
    },
  });
  assertEquals(fields.map(({ label, kind, required, initial }) => [label, kind, required, initial]), [
    ["Text", "text", true, ""],
    ["count", "number", false, "3"],
    ["urgent", "boolean", false, ""],
    ["level", "choice", false, ""],
    ["rest", "json", false, ""],
  ]);
  const input = inputOf(fields, { text: "7", count: "4", urgent: "false", level: "", rest: '{"a": [1]}' });
  assertEquals(input, { text: "7", count: 4, urgent: false, rest: { a: [1] } });
  assertEquals(inputOf(fields, { count: "many" }), { count: "many" });
  assertEquals([inputFields(null), inputFields({}), inputFields({ properties: [] })], [[], [], []]);
});
