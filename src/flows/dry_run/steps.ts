/**
 * Dry run of steps that hold others, wait or end: which case the sample takes, what is done for the first items of a list, until
 * when a step would wait, and whom it would ask.
 */

import { equalValues } from "../../engine/compare.ts";
import { kindOf } from "../../engine/faults.ts";
import { instantAfter, instantAt, zoneOf } from "../../engine/wait_time.ts";
import { toAppError } from "../../base/errors.ts";
import type {
  FlowApproval,
  FlowBranch,
  FlowControl,
  FlowEnd,
  FlowLoop,
  FlowParallel,
  FlowTry,
  FlowWait,
} from "../shape/definition.ts";
import { createFrame, nearest, UNKNOWN } from "./frame.ts";
import type { Line, Outcome, Walking } from "./line.ts";
import type { TriedValues } from "./values.ts";
import type { StepShape } from "../shape/step_lists.ts";
import type { StepList } from "../shape/steps.ts";

/** Items of a loop that are shown. */
const SHOWN_ITEMS = 10;
const SHOWN_CHARS = 200;
/** As the console's page of approvals names them. */
const ROLE_WORDS: Readonly<Record<string, string>> = {
  OWNER: "the owner",
  WORKSPACE_ADMIN: "any workspace admin",
  PROJECT_MANAGER: "any project manager",
  TEAM_MANAGER: "any team manager",
};

interface Trial<Step extends FlowControl> {
  step: Step;
  shape: StepShape;
  line: Line;
  values: TriedValues;
  walking: Walking;
}

type List = Omit<StepList, "steps"> & { steps: StepShape[] };

/** Adds the step, and walks what is below it as far as the sample says. */
export function tryControl(own: FlowControl, trial: Omit<Trial<FlowControl>, "step">): Promise<Outcome> {
  switch (own.kind) {
    case "branch":
      return tryBranch({ ...trial, step: own });
    case "parallel":
      return tryParallel({ ...trial, step: own });
    case "loop":
      return tryLoop({ ...trial, step: own });
    case "wait":
      return tryWait({ ...trial, step: own });
    case "approval":
      return tryApproval({ ...trial, step: own });
    case "try":
      return tryTry({ ...trial, step: own });
    case "end":
      return tryEnd({ ...trial, step: own });
  }
}

async function tryBranch({ step, shape, line, values, walking }: Trial<FlowBranch>): Promise<Outcome> {
  const { add, walkList } = walking;
  const taken = await chosenCase(step, { shape, values });
  const name = taken === undefined || taken === null ? null : step.cases[taken]!.name ?? null;
  const says = taken === undefined
    ? `which case is taken depends on ${values.needs ?? "what is not known yet"}`
    : taken === null
    ? "no case fits: takes Otherwise"
    : `takes case ${taken + 1}${name === null ? "" : `, "${name}"`}`;
  if (add(shape, line, { says, values }) === "failed") return "failed";
  if (taken === undefined) {
    for (const list of shape.lists) await walkList(list.steps, depending(line, shape, list));
    return walking.end(shape, line, UNKNOWN);
  }
  const at = taken === null ? "otherwise" : `cases[${taken}].actions`;
  const list = shape.lists.find((one) => one.at === at);
  const outcome = list ? await walkList(list.steps, below(line, shape, list)) : "on";
  return outcome === "on" ? walking.end(shape, line, { known: true, value: { taken, name } }) : outcome;
}

/** Null: none fits. Undefined: it depends on what is not known, or the condition cannot be evaluated. */
async function chosenCase(
  { on, cases }: FlowBranch,
  { shape, values }: { shape: StepShape; values: TriedValues },
): Promise<number | null | undefined> {
  if (on !== undefined) {
    const value = await values.give(on, `${shape.place}.on`);
    if (!value.known) return undefined;
    const taken = cases.findIndex(({ equals }) => equals?.some((one) => equalValues(one, value.value)));
    return taken === -1 ? null : taken;
  }
  for (const [index, one] of cases.entries()) {
    const fits = await values.holds(one.if, `${shape.place}.cases[${index}].if`);
    if (fits === undefined) return undefined;
    if (fits) return index;
  }
  return null;
}

async function tryParallel({ step, shape, line, values, walking }: Trial<FlowParallel>): Promise<Outcome> {
  const { join } = step;
  const words = typeof join === "object" ? `${join.at_least} of them` : join === "any" ? "one of them" : join;
  const says = `${step.branches.length} branches at the same time, until ${words} completed`;
  if (walking.add(shape, line, { says, values }) === "failed") return "failed";
  const outcomes: Outcome[] = [];
  for (const list of shape.lists) {
    const frame = createFrame({ parent: line.frame });
    outcomes.push(await walking.walkList(list.steps, { ...below(line, shape, list), frame, state: { ...line.state } }));
    line.frame.results.push(...frame.results);
  }
  if (outcomes.includes("ended")) return "ended";
  if (join === "all" && outcomes.includes("failed")) return "failed";
  return walking.end(shape, line, UNKNOWN);
}

async function tryLoop({ step, shape, line, values, walking }: Trial<FlowLoop>): Promise<Outcome> {
  const { add, walkList } = walking;
  const [list] = shape.lists;
  const walkItem = (loop: Parameters<typeof createFrame>[0], item: number, from: Line) =>
    walkList(list?.steps ?? [], {
      ...from,
      frame: createFrame({ parent: line.frame, ...loop }),
      path: `${line.path}/${shape.id}#${item}`,
      items: [...line.items, item],
    });
  const around = nearest(line.frame, "loop");
  const parent = around?.known ? { parent: around.value } : {};
  if (step.over === undefined) {
    const facts = { item: null, index: 0, total: null, is_first: true, is_last: null, ...parent };
    const loop = { known: true, value: facts } as const;
    const begins = await values.within({ loop }).holds(step.while, `${shape.place}.while`);
    const says = begins === false
      ? "its condition does not hold: no round is walked"
      : "rounds as long as its condition holds: the first is shown";
    if (add(shape, line, { says, values }) === "failed") return "failed";
    if (begins !== false) {
      const from = begins ? line : dependent(line, shape);
      const outcome = await walkItem({ loop }, 0, from);
      if (outcome !== "on" && from === line && !(outcome === "failed" && step.on_error !== "stop")) return outcome;
    }
    return walking.end(shape, line, UNKNOWN);
  }
  const over = await values.give(step.over, `${shape.place}.over`);
  const items = over.known ? over.value ?? [] : undefined;
  if (items !== undefined && !Array.isArray(items)) {
    values.problem ??= `Cannot go over ${kindOf(items)}: a list is needed`;
  }
  if (Array.isArray(items) && items.length > step.max_items) {
    values.problem ??= `Cannot go over ${items.length} items: ${step.max_items} are allowed`;
  }
  const total = Array.isArray(items) ? items.length : undefined;
  const says = total === undefined
    ? `for each item of a list that depends on ${values.needs ?? "what is not known yet"}`
    : `${total} ${total === 1 ? "item" : "items"}${
      total > SHOWN_ITEMS ? `, of which the first ${SHOWN_ITEMS} are shown` : ""
    }`;
  if (add(shape, line, { says, values }) === "failed") return "failed";
  if (total === undefined) {
    await walkItem({ loop: UNKNOWN }, 0, dependent(line, shape));
    return walking.end(shape, line, UNKNOWN);
  }
  for (const [index, item] of (items as unknown[]).slice(0, SHOWN_ITEMS).entries()) {
    const facts = { item, index, total, is_first: index === 0, is_last: index === total - 1, ...parent };
    const state = { ...line.state };
    const outcome = await walkItem({ loop: { known: true, value: facts } }, index, { ...line, state });
    if (outcome === "ended" || (outcome === "failed" && step.on_error === "stop")) {
      line.state.runs = false;
      return outcome;
    }
  }
  return walking.end(shape, line, total === 0 ? { known: true, value: NO_ITEMS } : UNKNOWN);
}

const NO_ITEMS = { total: 0, completed: 0, failed: 0, outputs: [] };

async function tryWait({ step, shape, line, values, walking }: Trial<FlowWait>): Promise<Outcome> {
  const { place } = shape;
  const until = step.for !== undefined
    ? await time(values, { written: step.for, at: `${place}.for`, isSpan: true }, walking)
    : step.until !== undefined
    ? await time(values, { written: step.until, at: `${place}.until`, zone: step.zone }, walking)
    : step.deadline !== undefined
    ? await time(values, { written: step.deadline, at: `${place}.deadline`, isSpan: true }, walking)
    : undefined;
  if (step.event) await values.giveValues(step.event.conditions, `${place}.event.conditions`);
  const end = until ?? (values.waits.length > 0 ? "a time that is not known yet" : undefined);
  const says = step.event
    ? `would wait for ${step.event.event_types.join(" or ")}${end === undefined ? "" : `, until ${end} at most`}`
    : `would wait until ${end}`;
  if (walking.add(shape, line, { says, values }) === "failed") return "failed";
  for (const list of shape.lists) await walking.walkList(list.steps, depending(line, shape, list));
  return walking.end(shape, line, step.event ? UNKNOWN : { known: true, value: { ended: "time" } });
}

async function tryApproval({ step, shape, line, values, walking }: Trial<FlowApproval>): Promise<Outcome> {
  const { place } = shape;
  const people = await values.give(step.people, `${place}.people`);
  if (step.note !== undefined) await values.give(step.note, `${place}.note`);
  const until = step.deadline === undefined
    ? undefined
    : await time(values, { written: step.deadline, at: `${place}.deadline`, isSpan: true }, walking);
  const named = people.known && Array.isArray(people.value)
    ? people.value.map(String)
    : ["people who are not known yet"];
  const all = [...named, ...step.roles.map((role) => ROLE_WORDS[role] ?? `who is ${role}`)];
  const asked = all.length === 0 ? "no one yet" : all.join(", ").slice(0, SHOWN_CHARS);
  const says = `would ask ${asked}, and wait${until === undefined ? "" : ` until ${until} at most`}`;
  if (walking.add(shape, line, { says, values }) === "failed") return "failed";
  // The lists of its answers name it.
  line.frame.results.push({ id: shape.id, output: UNKNOWN });
  for (const list of shape.lists) {
    const isAsking = list.name === "ask";
    const from = isAsking ? below(line, shape, list) : depending(line, shape, list);
    const asking = createFrame({ parent: line.frame, approval: UNKNOWN });
    await walking.walkList(list.steps, {
      ...from,
      ...((isAsking || list.name === "remind") && { frame: asking, state: { ...from.state } }),
    });
  }
  return walking.end(shape, line, UNKNOWN);
}

async function tryTry({ shape, line, values, walking }: Trial<FlowTry>): Promise<Outcome> {
  if (walking.add(shape, line, { says: null, values }) === "failed") return "failed";
  const { runs } = line.state;
  const of = (name: string) => shape.lists.find((list) => list.name === name);
  const [body, caught, last] = [of("actions"), of("on_error"), of("finally")];
  let outcome = body ? await walking.walkList(body.steps, below(line, shape, body)) : "on";
  const hasFailed = outcome === "failed";
  if (caught) {
    const from = hasFailed ? below(line, shape, caught) : depending(line, shape, caught);
    // What would fail is known, and not with which code.
    const frame = { ...line.frame, error: UNKNOWN };
    if (hasFailed) line.state.runs = runs;
    const after = await walking.walkList(caught.steps, { ...from, frame });
    if (hasFailed) outcome = after;
  }
  if (last) {
    const state = outcome === "failed" ? { runs } : line.state;
    const after = await walking.walkList(last.steps, { ...below(line, shape, last), state });
    if (after !== "on") outcome = after;
  }
  if (outcome === "failed") line.state.runs = false;
  return outcome === "on"
    ? walking.end(shape, line, hasFailed ? UNKNOWN : { known: true, value: { failed: false, error: null } })
    : outcome;
}

async function tryEnd({ step, shape, line, values, walking }: Trial<FlowEnd>): Promise<Outcome> {
  const message = step.message === undefined ? undefined : await values.give(step.message, `${shape.place}.message`);
  if (step.output !== undefined) await values.give(step.output, `${shape.place}.output`);
  const words = message?.known ? `: ${String(message.value ?? "").slice(0, SHOWN_CHARS)}` : "";
  const outcome = walking.add(shape, line, { says: `would end the run with ${step.outcome}${words}`, values });
  return outcome === "failed" ? "failed" : "ended";
}

/** As an instant in UTC; undefined where it is not known. */
async function time(
  values: TriedValues,
  { written, at, isSpan = false, zone }: { written: unknown; at: string; isSpan?: boolean; zone?: string },
  { now, timeZone }: Walking,
): Promise<string | undefined> {
  const value = await values.give(written, at);
  if (!value.known) return undefined;
  try {
    const clock = { nowMs: now, timeZone: zoneOf(zone, timeZone) };
    const ms = isSpan ? instantAfter(at, value.value, clock) : instantAt(at, value.value, clock);
    return new Date(ms).toISOString();
  } catch (error) {
    values.problem ??= toAppError(error).message;
    return undefined;
  }
}

/** Below the step, in the same frame. */
function below(line: Line, { id }: StepShape, { number }: List): Line {
  return { ...line, path: `${line.path}/${id}${number === undefined ? "" : `#${number}`}` };
}

/** The same where it is not known whether they are walked. */
function depending(line: Line, shape: StepShape, list: List): Line {
  return { ...dependent(line, shape), path: below(line, shape, list).path };
}

function dependent(line: Line, { place }: StepShape): Line {
  return { ...line, dependsOn: line.dependsOn ?? place, state: { runs: false } };
}
