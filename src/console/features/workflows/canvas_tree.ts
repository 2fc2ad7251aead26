/** A definition as the canvas draws it: its steps in the order in which they run, with branches and loops as lanes. Pure. */

import type { CanvasFlow, CanvasLane, CanvasMark, CanvasStep } from "../../ui/canvas/tree.ts";
import { isJump, type OutlineJump, type OutlineList, outlineOf, type OutlineStep } from "./outline.ts";
import { say, sayCount } from "../../words/say.ts";

/** Key of what starts the workflow; no id of a step has a space. */
export const START = "the start";

export interface WorkflowTree {
  flow: CanvasFlow;
  /** By the key of what is drawn. */
  steps: ReadonlyMap<string, OutlineStep>;
  /** By the key of what is drawn: the step that it leads to, which is drawn elsewhere. */
  jumps: ReadonlyMap<string, string>;
}

export function workflowTree(definition: Parameters<typeof outlineOf>[0]): WorkflowTree {
  const steps = new Map<string, OutlineStep>();
  const jumps = new Map<string, string>();

  function toStep(one: OutlineStep | OutlineJump, at: string): CanvasStep {
    if (isJump(one)) return toJump(one, at);
    const { id, type, name, sentence, lists } = one;
    steps.set(id, one);
    return {
      key: id,
      name: say("Step {id}", { id }),
      mark: MARKS[type] ?? "value",
      tone: TONES[type],
      sentence,
      detail: name === id ? id : `${id}: ${name}`,
      faults: 0,
      frame: frameOf(one),
      lanes: lanesOf(type, lists).map((lane, index) => toLane(lane, `${id} ${index}`)),
    };
  }

  function toJump({ jumpsTo, isKnown }: OutlineJump, at: string): CanvasStep {
    const key = `${at} to ${jumpsTo}`;
    if (isKnown) jumps.set(key, jumpsTo);
    return {
      key,
      name: say("Continues"),
      mark: "flow",
      sentence: isKnown
        ? say("Continues at the step {step}", { step: jumpsTo })
        : say("Names a step that is not there: {step}", { step: jumpsTo }),
      faults: isKnown ? 0 : 1,
      isEnd: true,
      lanes: [],
    };
  }

  const toLane = ({ name, tone, steps: inner }: DrawnLane, key: string): CanvasLane => ({
    key,
    name,
    tone,
    empty: say("nothing, the workflow continues"),
    way: "below",
    isOnTheWay: true,
    steps: inner.map((one, index) => toStep(one, `${key} ${index}`)),
  });

  const start: CanvasStep = {
    key: START,
    name: say("Start"),
    mark: "start",
    tone: "start",
    sentence: say("By a request, a schedule or a workflow"),
    detail: say("its input"),
    faults: 0,
    lanes: [],
  };
  const drawn = outlineOf(definition).map((one, index) => toStep(one, `${index}`));
  return { flow: { head: [start], steps: drawn, end: say("The run ends") }, steps, jumps };
}

const MARKS: Record<string, CanvasMark> = {
  agent: "send",
  conditional: "decide",
  parallel: "parallel",
  fork_join: "parallel",
  loop: "loop",
  sub_workflow: "flow",
  wait_for_event: "wait",
  validate: "guard",
};

/** As in flows: steps that decide are green, those that wait violet. */
const TONES: Record<string, CanvasStep["tone"]> = {
  conditional: "decide",
  parallel: "decide",
  fork_join: "decide",
  loop: "decide",
  wait_for_event: "wait",
};

interface DrawnLane {
  name: string;
  tone?: CanvasLane["tone"];
  steps: OutlineList["steps"];
}

/** Both answers of a condition, each step that runs beside others as a lane of its own, else the lists of the outline. */
function lanesOf(type: string, lists: readonly OutlineList[]): DrawnLane[] {
  if (type === "conditional") {
    return [say("If yes"), say("If no")].map((name, index) => ({
      name,
      tone: index === 0 ? "ok" as const : undefined,
      steps: lists.find(({ label }) => label === name)?.steps ?? [],
    }));
  }
  if (type === "parallel") {
    return lists.flatMap(({ steps }) => steps).map((step, index) => ({
      name: say("Beside {number}", { number: index + 1 }),
      steps: [step],
    }));
  }
  return lists.map(({ label, steps }) => ({ name: label, steps }));
}

function frameOf({ type, lists, details }: OutlineStep): string | undefined {
  switch (type) {
    case "loop": {
      const most = details.find(({ label }) => label === say("Items, at most"))?.value;
      return most === undefined ? say("each item") : say("at most {count} items", { count: String(most) });
    }
    case "parallel":
      return say("{count} at once", { count: lists[0]?.steps.length ?? 0 });
    case "fork_join":
      return sayCount(lists.length, "{count} branches", "{count} branches", { count: lists.length });
    default:
      return undefined;
  }
}
