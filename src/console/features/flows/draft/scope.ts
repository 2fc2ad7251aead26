/** What the fields of a step may name: results of the steps before it, the item of the loop around it, variables. Pure. */

import type { Vocabulary } from "../vocabulary_api.ts";
import { outputOf, outputPaths, resultPaths, type Suggestion } from "./completion.ts";
import type { Draft } from "./draft.ts";
import type { ControlJson } from "./json.ts";
import { outline, type Row, rowAt } from "./outline.ts";
import { isControl, type Lane } from "./tree.ts";
import { say } from "../../../words/say.ts";

/** Kinds whose lists share what they find with the steps behind them. */
const SHARES: ReadonlySet<string> = new Set(["branch", "try", "approval", "wait", "parallel"]);
/** Kinds of which more than one list is walked in one run, one after another. */
const WALKS_ON: ReadonlySet<string> = new Set(["try", "approval"]);

/** `place`: of a field, as in "actions[2].cases[0].actions[1].body.name", or of a condition. */
export function namesAt(draft: Draft, place: string, vocabulary: Pick<Vocabulary, "operations">): Suggestion[] {
  const own = rowAt(draft, place);
  if (!own) return [];
  const earlier = outline(draft).filter((row) => row.number < own.number && isSeen(row, own));
  const isFlat = !draft.steps.some(isControl);
  const actions = earlier.flatMap(({ step }) => isControl(step) ? [] : [step.action]);
  const results = isFlat
    ? resultPaths(actions, vocabulary)
    : earlier.flatMap((row) =>
      isControl(row.step)
        ? controlPaths(row.step.control, row.number)
        : outputPaths({ action: row.step.action, number: row.number }, vocabulary)
    );
  const variables = actions.flatMap((action) => action.type === "variables" ? Object.keys(action.set) : []);
  return [
    ...aroundOf(own, place),
    ...results,
    ...[...new Set(variables)].map((name) => path(`$.vars.${name}`, say("Variable of the run"))),
  ];
}

/** True where the result of `row`, which stands before `own`, is there when `own` is walked. */
function isSeen(row: Row, own: Row): boolean {
  const around = new Map<string, Lane>();
  for (let one: Row | undefined = own; one?.parent; one = one.parent) around.set(one.parent.step.key, one.lane!);
  if (around.has(row.step.key)) return false;
  for (let one: Row | undefined = row; one?.parent; one = one.parent) {
    const { kind } = one.parent.step.control;
    const lane = around.get(one.parent.step.key);
    if (lane === one.lane) return true;
    if (lane ? !WALKS_ON.has(kind) : !SHARES.has(kind)) return false;
  }
  return true;
}

/** Of the steps that hold it. */
function aroundOf(own: Row, place: string): Suggestion[] {
  const found: Suggestion[] = [];
  let loops = "$.loop";
  const condition = isControl(own.step) && own.step.control.kind === "loop" && place.startsWith(`${own.place}.while`);
  if (condition) found.push(path(`${loops}.index`, say("Rounds so far")));
  for (let row: Row | undefined = own; row?.parent; row = row.parent) {
    const { control, condition } = row.parent.step;
    if (control.kind === "loop") {
      if (!condition) found.push(path(`${loops}.item`, say("The item of the list")));
      found.push(path(`${loops}.index`, say("Number of the item, from 0")));
      if (!condition) {
        found.push(
          path(`${loops}.total`, say("Number of items")),
          path(`${loops}.is_first`, say("true for the first item")),
          path(`${loops}.is_last`, say("true for the last item")),
        );
      }
      loops += ".parent";
    }
    if (row.lane!.list === "on_error") {
      found.push(
        path("$.error.message", say("Why it failed, in words")),
        path("$.error.code", say("Code of the failure")),
        path("$.error.step", say("Id of the step that failed")),
      );
    }
    if (row.lane!.list === "ask" || row.lane!.list === "remind") {
      found.push(
        path("$.approval.link", say("Address where people decide")),
        path("$.approval.id", say("Id of the approval")),
      );
    }
  }
  return found;
}

const OUTPUTS: Partial<Record<ControlJson["kind"], readonly [string, string][]>> = {
  branch: [["name", say("Name of the case that fitted")], ["taken", say("Its number from 0, or null")]],
  parallel: [["outputs", say("Last result of each branch")], [
    "completed",
    say("Numbers of the branches that completed"),
  ]],
  loop: [
    ["outputs", say("Last result of each item")],
    ["total", say("Number of items")],
    ["completed", say("Items that completed")],
    ["failed", say("Items that failed")],
  ],
  wait: [["ended", say("time, event or deadline")], ["event.body", say("What the event held")], [
    "event.type",
    say("Its type"),
  ]],
  approval: [
    ["decision", say("approved, rejected or expired")],
    ["by_name", say("Who decided")],
    ["note", say("What they wrote")],
    ["at", say("When they decided")],
  ],
  try: [["failed", say("true after a failure")], ["error.message", say("Why it failed")]],
};

function controlPaths({ kind, id }: ControlJson, number: number): Suggestion[] {
  return (OUTPUTS[kind] ?? []).map(([name, detail]) =>
    path(`${outputOf(id)}.${name}`, say("{detail}, of step {number}", { detail, number }))
  );
}

function path(text: string, detail: string): Suggestion {
  return { text, kind: "path", detail };
}
