/** A draft as the canvas draws it: what starts it, then its steps with their lanes, each with what it does on the sample. Pure. */

import type { Fault } from "../../../shell/client.ts";
import type { CanvasFlow, CanvasLane, CanvasMark, CanvasStep } from "../../../ui/canvas/tree.ts";
import type { DryRun, DryRunAction } from "../api.ts";
import { conditionAnswer, resultsOf, stepAnswer } from "./answers.ts";
import type { Draft } from "./draft.ts";
import { isObject } from "./json.ts";
import { faultsOfRow, outline } from "./outline.ts";
import { IF_ROW, rowKeyAt, WHEN_ROW } from "./rows.ts";
import { laneName, sentenceOf, type SentenceWords } from "./sentences.ts";
import { type ControlStep, idOf, isControl, type Lane, type Step } from "./tree.ts";
import { listed, plainWords, spanWords, valueWords } from "./words.ts";
import { say, sayCount } from "../../../words/say.ts";

export interface TreeParts {
  draft: Draft;
  words: SentenceWords;
  dryRun: DryRun | undefined;
  faults: readonly Fault[];
  /** What the rows of "When" and "If" say. */
  when: string;
  condition: string;
}

export function canvasTree({ draft, words, dryRun, faults, when, condition }: TreeParts): CanvasFlow {
  const results = resultsOf(dryRun);
  const rows = new Map(outline(draft).map((row) => [row.step.key, row]));
  const faultsIn = (key: string) => faults.filter(({ path }) => rowKeyAt(draft, path) === key).length;
  const toStep = (step: Step): CanvasStep => {
    const row = rows.get(step.key)!;
    const result = results.get(idOf(step));
    return {
      key: step.key,
      name: say("Step {number}", { number: row.number }),
      ...lookOf(step),
      sentence: sentenceOf(step, words),
      detail: detailOf(step, words),
      answer: stepAnswer(step, result),
      faults: faultsOfRow(draft, row, faults).length,
      ...(isControl(step) && { frame: frameWords(step, result) }),
      isEnd: isControl(step) && step.control.kind === "end",
      lanes: isControl(step) ? step.lanes.map((lane) => toLane(step, lane)) : [],
    };
  };
  const toLane = (step: ControlStep, lane: Lane): CanvasLane => ({
    key: lane.key,
    name: laneName(step, lane, words),
    empty: emptyWords(step, lane),
    ...WAYS[lane.list],
    steps: lane.steps.map(toStep),
  });
  return {
    head: [
      {
        key: WHEN_ROW,
        name: say("When"),
        mark: "start",
        tone: "start",
        sentence: when,
        faults: faultsIn(WHEN_ROW),
        lanes: [],
      },
      {
        key: IF_ROW,
        name: say("If"),
        mark: "decide",
        tone: "decide",
        sentence: condition,
        answer: draft.condition === null ? undefined : conditionAnswer(dryRun),
        faults: faultsIn(IF_ROW),
        lanes: [],
      },
    ],
    steps: draft.steps.map(toStep),
    end: say("The run ends"),
  };
}

const BELOW = { way: "below", isOnTheWay: true } as const;
/** Where each list of a step leaves it. */
const WAYS: Record<Lane["list"], Pick<CanvasLane, "way" | "isOnTheWay" | "tone">> = {
  cases: { ...BELOW, tone: "ok" },
  otherwise: BELOW,
  branches: BELOW,
  actions: BELOW,
  approved: { ...BELOW, tone: "ok" },
  rejected: { ...BELOW, tone: "bad" },
  expired: BELOW,
  on_error: { way: "aside", isOnTheWay: true, tone: "bad" },
  ask: { way: "aside", isOnTheWay: false, tone: "wait" },
  remind: { way: "aside", isOnTheWay: false, tone: "wait" },
  finally: { way: "after", isOnTheWay: true },
};

/** What a list without steps comes to. */
export function emptyWords({ control: { kind } }: ControlStep, { list }: Lane): string {
  if (list === "actions" || list === "branches" || list === "remind") return say("must hold at least one step");
  if (kind === "approval" && list === "ask") return say("nothing is sent: it waits in Approvals");
  if (list === "finally") return say("nothing");
  return say("nothing, the flow continues");
}

const MARKS = {
  clockify: "edit",
  http: "send",
  transform: "value",
  variables: "store",
  emit_event: "start",
  run_flow: "flow",
  branch: "decide",
  parallel: "parallel",
  loop: "loop",
  wait: "wait",
  approval: "ask",
  try: "guard",
  end: "end",
} as const satisfies Record<string, CanvasMark>;

function lookOf(step: Step): Pick<CanvasStep, "mark" | "tone"> {
  const mark = MARKS[isControl(step) ? step.control.kind : step.action.type] ?? "value";
  return { mark, tone: toneOf(step) };
}

/** Steps that decide are green, those that wait violet. */
export function toneOf(step: Step): "decide" | "wait" | undefined {
  if (!isControl(step)) return undefined;
  return step.control.kind === "wait" || step.control.kind === "approval" ? "wait" : "decide";
}

/** "12 items, 3 at once", the first part in the dry run's words where it has them; undefined for a step without a frame. */
function frameWords({ control, lanes, condition }: ControlStep, result: DryRunAction | undefined): string | undefined {
  switch (control.kind) {
    case "loop": {
      const [, items] = /^(\d+) items?\b/.exec(result?.step?.says ?? "") ?? [];
      const most = valueWords(control.max_items);
      const many = condition
        ? say("at most {count} rounds", { count: most })
        : items === undefined
        ? say("at most {count} items", { count: most })
        : sayCount(Number(items), "{count} item", "{count} items", { count: items });
      const atOnce = Number(control.at_once);
      return atOnce > 1
        ? say("{items}, {count} at once", { items: many, count: atOnce })
        : say("{items}, one after another", { items: many });
    }
    case "parallel":
      return say("{count} at once", { count: lanes.length });
    case "try":
      return say("Errors in here are caught");
    default:
      return undefined;
  }
}

/** What the sentence leaves out, in a few words. */
function detailOf(step: Step, words: SentenceWords): string | undefined {
  if (isControl(step)) return controlDetail(step, words);
  const { action } = step;
  switch (action.type) {
    case "clockify": {
      const fields = isObject(action.body) ? Object.keys(action.body) : [];
      if (fields.length > 0) return say("sets {names}", { names: listed(fields.map(plainWords)) });
      return action.operation_id || undefined;
    }
    case "http":
      return action.url.replace(/^https?:\/\/[^/?#{]+/, "") || undefined;
    case "transform":
      return valueWords(action.output, words) || undefined;
    case "emit_event":
      return say("other flows may start by it");
    case "run_flow":
      return action.wait ? say("and waits until it is over") : undefined;
    default:
      return undefined;
  }
}

function controlDetail({ control, lanes }: ControlStep, words: SentenceWords): string | undefined {
  switch (control.kind) {
    case "branch": {
      const count = lanes.filter(({ list }) => list === "cases").length;
      return count > 1 ? say("{count} cases, the first that fits", { count }) : undefined;
    }
    case "loop":
      return control.on_error === "stop" ? say("stops at the first error") : say("continues after errors");
    case "approval":
      return say("waits up to {span}", { span: spanWords(control.deadline, words) || "…" });
    case "end":
      return say("no step behind it runs");
    default:
      return undefined;
  }
}
