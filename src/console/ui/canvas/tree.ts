/** What a canvas draws: steps in lists, each with the lanes below it; and the way that the arrow keys walk over it. Pure. */

import { inSentence, say } from "../../words/say.ts";

/** Tones of a tag (ui/tag.tsx). */
export interface CanvasAnswer {
  tone: "ok" | "warn" | "bad" | "wait" | "idle";
  text: string;
}

export type CanvasMark =
  | "start"
  | "decide"
  | "edit"
  | "send"
  | "value"
  | "store"
  | "flow"
  | "parallel"
  | "loop"
  | "wait"
  | "ask"
  | "guard"
  | "end";

export interface CanvasStep {
  key: string;
  /** What it is called by those who do not see it: "Step 2". */
  name: string;
  /** Its sign, in the square before the sentence. */
  mark: CanvasMark;
  tone?: "start" | "decide" | "wait";
  /** What it does. */
  sentence: string;
  detail?: string;
  /** What it does on the sample. */
  answer?: CanvasAnswer;
  /** How many of its fields have errors. */
  faults: number;
  /** With words, a frame stands around it and its lanes: "12 items, 3 at once". */
  frame?: string;
  /** The run ends with it: no wire leaves it. */
  isEnd?: boolean;
  lanes: readonly CanvasLane[];
}

export interface CanvasLane {
  key: string;
  name: string;
  tone?: "ok" | "bad" | "wait";
  /** What it comes to without steps. */
  empty: string;
  /** Below its step, beside the others; out of its side, dashed; or below all of them, once they are done. */
  way: "below" | "aside" | "after";
  /** Whether what stands behind its step comes after it. */
  isOnTheWay: boolean;
  steps: readonly CanvasStep[];
}

export interface CanvasFlow {
  /** What starts it: without a way to add between them. */
  head: readonly CanvasStep[];
  steps: readonly CanvasStep[];
  /** Said below the last step. */
  end: string;
}

/** A place where a step can be added. */
export interface Spot {
  /** Undefined: the flow's own list. */
  lane: string | undefined;
  index: number;
  /** "Add a step to Yes, of step 2" */
  label: string;
}

/** Where a step stands. */
interface Standing {
  step: CanvasStep;
  list: readonly CanvasStep[];
  index: number;
  lane?: CanvasLane;
  parent?: Standing;
}

function standings(flow: CanvasFlow): Map<string, Standing> {
  const found = new Map<string, Standing>();
  const visit = (list: readonly CanvasStep[], around: Pick<Standing, "lane" | "parent">) =>
    list.forEach((step, index) => {
      const standing: Standing = { step, list, index, ...around };
      found.set(step.key, standing);
      for (const lane of step.lanes) visit(lane.steps, { lane, parent: standing });
    });
  visit([...flow.head, ...flow.steps], {});
  return found;
}

/** The steps in the order that people read them. */
export function stepsIn(flow: CanvasFlow): CanvasStep[] {
  return [...standings(flow).values()].map(({ step }) => step);
}

export type Arrow = "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight";

/**
 * Key of the step that an arrow leads to: up and down along the wires, left and right into the lane beside, at about the same
 * height. `yOf` is where a step is drawn. Undefined where nothing is.
 */
export function stepBeside(
  flow: CanvasFlow,
  { from, arrow, yOf }: { from: string; arrow: Arrow; yOf(key: string): number },
): string | undefined {
  const at = standings(flow).get(from);
  if (!at) return undefined;
  if (arrow === "ArrowDown") return below(at)?.key;
  if (arrow === "ArrowUp") return above(at)?.key;
  return acrossFrom(at, { by: arrow === "ArrowLeft" ? -1 : 1, y: yOf(from), yOf })?.key;
}

function below(at: Standing): CanvasStep | undefined {
  const inner = at.step.lanes.find(({ steps }) => steps.length > 0);
  if (inner) return inner.steps[0];
  for (let here: Standing | undefined = at; here; here = here.parent) {
    const next = here.list[here.index + 1];
    if (next) return next;
  }
  return undefined;
}

function above({ list, index, parent }: Standing): CanvasStep | undefined {
  let found = list[index - 1];
  if (!found) return parent?.step;
  for (;;) {
    const inner: CanvasStep | undefined = found.lanes.find(({ steps }) => steps.length > 0)?.steps.at(-1);
    if (!inner) return found;
    found = inner;
  }
}

function acrossFrom(
  at: Standing,
  { by, y, yOf }: { by: -1 | 1; y: number; yOf(key: string): number },
): CanvasStep | undefined {
  for (let here: Standing | undefined = at; here?.parent; here = here.parent) {
    const { lanes } = here.parent.step;
    for (let index = lanes.indexOf(here.lane!) + by; lanes[index]; index += by) {
      const { steps } = lanes[index]!;
      const [nearest] = steps.toSorted((one, other) => Math.abs(yOf(one.key) - y) - Math.abs(yOf(other.key) - y));
      if (nearest) return nearest;
    }
  }
  return undefined;
}

/** Where a step that is added behind this one comes; behind what starts the flow, first. */
export function spotBehind(flow: CanvasFlow, key: string): Spot | undefined {
  const at = standings(flow).get(key);
  if (!at) return undefined;
  if (at.parent) return spotIn(at.lane, { index: at.index + 1, owner: at.parent.step });
  return spotIn(undefined, { index: Math.max(0, at.index + 1 - flow.head.length) });
}

export function spotIn(
  lane: CanvasLane | undefined,
  { index, owner }: { index: number; owner?: CanvasStep },
): Spot {
  return { lane: lane?.key, index, label: spotLabel(index, lane && { lane: lane.name, step: owner?.name ?? "" }) };
}

function spotLabel(index: number, inside: { lane: string; step: string } | undefined): string {
  const place = index + 1;
  if (!inside) return index === 0 ? say("Add a step, as the first") : say("Add a step at place {place}", { place });
  const names = { lane: inside.lane, step: inSentence(inside.step) };
  return index === 0
    ? say("Add a step to {lane}, of {step}, as the first", names)
    : say("Add a step to {lane}, of {step} at place {place}", { ...names, place });
}
