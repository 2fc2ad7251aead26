/** Tests of where a canvas draws what, of the way that arrows walk over it, and of a draft as the canvas gets it. No browser. */

import { assert, assertEquals } from "@std/assert";
import { type Box, fittingView, layoutOf, STEP, viewShowing } from "../../src/console/ui/canvas/layout.ts";
import {
  type Arrow,
  type CanvasFlow,
  type CanvasLane,
  type CanvasStep,
  spotBehind,
  stepBeside,
} from "../../src/console/ui/canvas/tree.ts";
import { canvasTree } from "../../src/console/features/flows/draft/canvas_tree.ts";
import { toDraft } from "../../src/console/features/flows/draft/draft.ts";
import { withDefaults } from "../../src/console/features/flows/draft/defaults.ts";
import { addStep, broughtTo } from "../../src/console/features/flows/draft/steps.ts";
import { idOf } from "../../src/console/features/flows/draft/tree.ts";

function step(key: string, ...lanes: CanvasLane[]): CanvasStep {
  return { key, name: `Step ${key}`, mark: "edit", sentence: key, faults: 0, lanes };
}

function lane(key: string, steps: CanvasStep[], more: Partial<CanvasLane> = {}): CanvasLane {
  return { key, name: key, empty: "nothing", way: "below", isOnTheWay: true, steps, ...more };
}

/** If with two ways of which the second holds a loop, then a try. */
const FLOW: CanvasFlow = {
  head: [step("when"), step("if")],
  steps: [
    step(
      "1",
      lane("yes", [step("2"), step("3")]),
      lane("no", [{ ...step("4", lane("each", [step("5")])), frame: "12 items" }]),
      lane("else", []),
    ),
    {
      ...step(
        "6",
        lane("try", [step("7")]),
        lane("error", [step("8")], { way: "aside" }),
        lane("finally", [step("9")], { way: "after" }),
      ),
      frame: "caught",
    },
    { ...step("10"), isEnd: true },
  ],
  end: "The run ends",
};

const layout = layoutOf(FLOW);
const boxOf = (key: string): Box => layout.boxes.find((box) => box.key === key)!;
const middle = ({ x, width }: Box) => x + width / 2;
const bottom = ({ y, height }: Box) => y + height;

Deno.test("steps are drawn from top to bottom on one axis, lanes beside each other, and nothing over anything else", () => {
  const spine = ["when", "if", "1", "6", "10", "end"].map(boxOf);
  assertEquals(new Set(spine.map(middle)), new Set([layout.axis]));
  spine.reduce((before, next) => {
    assert(bottom(before) < next.y, `${before.key} is above ${next.key}`);
    return next;
  });
  assert(middle(boxOf("2")) < middle(boxOf("4")) && middle(boxOf("4")) < middle(boxOf("lane else")));
  // The wires to the first and the last lane are equally long.
  assertEquals(layout.axis - middle(boxOf("lane yes")), middle(boxOf("lane else")) - layout.axis);
  const solid = layout.boxes.filter(({ kind }) => kind !== "frame");
  for (const [index, one] of solid.entries()) {
    assert(one.x >= 0 && one.y >= 0 && one.x + one.width <= layout.width && bottom(one) <= layout.height, one.key);
    for (const other of solid.slice(index + 1)) {
      const isApart = one.x + one.width <= other.x || other.x + other.width <= one.x || bottom(one) <= other.y ||
        bottom(other) <= one.y;
      assert(isApart, `${one.key} lies over ${other.key}`);
    }
  }
  assertEquals(
    layout.boxes.filter(({ kind }) => kind === "step").map(({ width }) => width),
    Array(12).fill(STEP.width),
  );
});

Deno.test("a frame holds its step and its lanes, and not the lane that leaves it by the side", () => {
  const frame = boxOf("frame 6");
  const holds = (key: string) => {
    const box = boxOf(key);
    return box.x > frame.x && box.x + box.width < frame.x + frame.width && box.y > frame.y &&
      bottom(box) < bottom(frame);
  };
  assertEquals(["6", "7", "8", "9", "10"].filter(holds), ["6", "7"]);
  assert(boxOf("8").x > frame.x + frame.width && boxOf("9").y > bottom(frame));
});

Deno.test("wires lead through every step, and a way to add stands on each", () => {
  const { wires } = layout;
  const to = (key: string) => wires.filter((wire) => wire.to === key).map(({ from }) => from);
  assertEquals(to("if"), ["when"]);
  assertEquals(to("add  0"), ["if"]);
  assertEquals(to("2"), ["add yes 0"]);
  // The three ways meet.
  assertEquals(to("add  1"), ["add yes 2", "add no 1", "add else 0"]);
  // The loop is left by its frame.
  assertEquals(to("add no 1"), ["frame 4"]);
  assertEquals(wires.filter(({ isAside }) => isAside).map(({ from, to }) => [from, to]), [["frame 6", "lane error"]]);
  assertEquals(to("lane finally"), ["frame 6", "add error 1"]);
  // Nothing comes behind the end of the run.
  assertEquals(to("end"), []);
  assertEquals(wires.some(({ from }) => from === "10"), false);
  const keys = new Set(layout.boxes.map(({ key }) => key));
  assertEquals(wires.filter(({ from, to }) => !keys.has(from) || !keys.has(to)), []);
  assertEquals(new Set(wires.map(({ key }) => key)).size, wires.length);
});

Deno.test("arrows reach every step: up and down along the wires, left and right into the lane beside", () => {
  const go = (from: string, arrow: Arrow) => stepBeside(FLOW, { from, arrow, yOf: (key) => boxOf(key).y });
  assertEquals(["when", "if", "1", "2", "3", "6"].map((key) => go(key, "ArrowDown")), ["if", "1", "2", "3", "6", "7"]);
  assertEquals([go("6", "ArrowUp"), go("2", "ArrowUp"), go("when", "ArrowUp")], ["3", "1", undefined]);
  assertEquals([go("2", "ArrowRight"), go("5", "ArrowLeft"), go("4", "ArrowRight")], ["4", "3", undefined]);
  const reached = new Set(["when"]);
  for (const key of reached) {
    for (const arrow of ["ArrowDown", "ArrowRight", "ArrowLeft", "ArrowUp"] as const) {
      const next = go(key, arrow);
      if (next) reached.add(next);
    }
  }
  assertEquals(reached.size, 12);
});

Deno.test("a step is added behind the one that is current, at the beginning of the flow and inside lanes", () => {
  const spot = (key: string) => {
    const { lane, index } = spotBehind(FLOW, key)!;
    return [lane, index];
  };
  assertEquals(["when", "if", "1", "10"].map(spot), [[undefined, 0], [undefined, 0], [undefined, 1], [undefined, 3]]);
  assertEquals(spot("2"), ["yes", 1]);
  assertEquals(spotBehind(FLOW, "2")!.label, "Add a step to yes, of step 1 at place 2");
  assertEquals(spotBehind(FLOW, "gone"), undefined);
});

Deno.test("the whole is shown where it can be read, else its beginning; a hidden step is brought into sight", () => {
  const room = { width: 800, height: 600 };
  assertEquals(fittingView({ width: 310, height: 200, axis: 155 }, room), { x: 245, y: 40, zoom: 1 });
  const large = fittingView({ width: 2_000, height: 3_000, axis: 500 }, room);
  assertEquals(large, { x: 100, y: 20, zoom: 0.6 });
  const all = fittingView({ width: 2_000, height: 3_000, axis: 500 }, room, 0.1);
  assert(3_000 * all.zoom <= 560 && all.y >= 0);
  const inSight = { x: 100, y: 100, width: 310, height: 66 };
  assertEquals(viewShowing({ x: 0, y: 0, zoom: 1 }, inSight, room), { x: 0, y: 0, zoom: 1 });
  const below = viewShowing({ x: 0, y: 0, zoom: 1 }, { ...inSight, y: 900 }, room);
  assertEquals(below, { x: 0, y: 600 - 20 - 966, zoom: 1 });
});

const NO_WORDS = {
  triggers: [],
  vocabulary: { events: [], operators: [], operatorsByType: {}, operations: [], intents: [] },
  nameOf: () => undefined,
  eventOf: (type: string) => type,
  flowOf: () => undefined,
} as unknown as Parameters<typeof canvasTree>[0]["words"];

Deno.test("a draft is drawn with the sample's answers; a step that is added comes to its place, and results keep their names", () => {
  const draft = toDraft(withDefaults({
    name: "f",
    trigger_event_types: ["X"],
    actions: [
      { id: "a", type: "http", url: "https://one.example/path" },
      {
        kind: "loop",
        id: "each",
        over: "$.webhook.tags",
        at_once: 3,
        actions: [{ id: "b", type: "transform", output: "1" }],
      },
      { kind: "approval", id: "ask", deadline: "3 d", people: ["x"], ask: [], approved: [], expired: [] },
    ],
  }));
  const action = (id: string, more: object) => ({
    id,
    index: 0,
    wouldRun: true,
    request: null,
    problem: null,
    waitsFor: [],
    sampleFrom: null,
    values: [],
    change: null,
    ...more,
  });
  const says = (kind: string, says: string) => ({ step: { kind, place: "", items: [], says, depends_on: null } });
  const tree = canvasTree({
    draft,
    words: NO_WORDS,
    dryRun: {
      matched: true,
      triggered: true,
      actions: [
        action("a", { problem: "Cannot send" }),
        action("each", says("loop", "12 items, of which the first 3 are shown")),
        action("ask", says("approval", "would ask x, and wait")),
      ],
    } as unknown as Parameters<typeof canvasTree>[0]["dryRun"],
    faults: [{ path: "actions[1].actions[0].output", message: "no" }],
    when: "X",
    condition: "No conditions",
  });
  const drawn = tree.steps.map(({ name, sentence, answer, frame }) => [name, sentence, answer?.text, frame]);
  assertEquals(drawn, [
    ["Step 1", "Send POST to one.example", "fails", undefined],
    ["Step 2", "For each of Tags, 3 at once", "12 items", "12 items, 3 at once"],
    ["Step 4", "Ask x to approve, up to 3 d", "would wait", undefined],
  ]);
  assertEquals(tree.steps[1]!.lanes[0]!.steps[0]!.faults, 1);
  assertEquals(tree.steps[2]!.lanes.map(({ name, way }) => [name, way]), [
    ["When it is asked", "aside"],
    ["Approved", "below"],
    ["No answer", "below"],
  ]);
  const flat = toDraft(withDefaults({
    name: "g",
    actions: [
      { id: "one", type: "transform", output: "1" },
      { id: "two", type: "transform", output: "$.action_1_result" },
    ],
  }));
  const added = broughtTo(addStep(flat, "http"), { lane: undefined, count: 2, index: 0 });
  assertEquals(added.steps.map(idOf).slice(1), ["one", "two"]);
  assertEquals("action" in added.steps[2]! && added.steps[2].action, {
    id: "two",
    type: "transform",
    output: "$.action_2_result",
    on_uncertain: "retry",
  });
});
