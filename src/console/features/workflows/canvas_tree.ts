/** A definition as the canvas draws it: its steps in the order in which they run, with branches and loops as lanes. Pure. */

import type { CanvasFlow, CanvasLane, CanvasMark, CanvasStep } from "../../ui/canvas/tree.ts";
import { listKey } from "./draft/edit.ts";
import { type Definition, valueIn } from "./draft/fields.ts";
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

/** `faultsOf`: how many errors a step has, by its id. */
export function workflowTree(definition: Definition, faultsOf: (id: string) => number = () => 0): WorkflowTree {
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
      faults: faultsOf(id),
      frame: frameOf(one, definition),
      lanes: lists.map((list, index) => toLane(list, type === "conditional" && index === 0 ? "ok" : undefined)),
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

  function toLane(list: OutlineList, tone: CanvasLane["tone"]): CanvasLane {
    const key = listKey(list.path);
    return {
      key,
      name: list.label,
      tone,
      empty: list.kind === "array" ? say("nothing yet: add what runs") : say("nothing, the workflow continues"),
      way: "below",
      isOnTheWay: true,
      steps: list.steps.map((one, index) => toStep(one, `${key} ${index}`)),
    };
  }

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

function frameOf({ id, type, lists }: OutlineStep, definition: Definition): string | undefined {
  switch (type) {
    case "loop": {
      const most = valueIn(definition, ["steps", id, "loop_config", "max_iterations"]);
      return most == null ? say("each item") : say("at most {count} items", { count: String(most) });
    }
    case "parallel":
      return say("{count} at once", { count: lists.length });
    case "fork_join":
      return sayCount(lists.length, "{count} branches", "{count} branches", { count: lists.length });
    default:
      return undefined;
  }
}
