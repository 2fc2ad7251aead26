/** Each step as a sentence, and what its lanes are called. Pure. */

import { operationNamed, type Vocabulary } from "../vocabulary_api.ts";
import { intentOfStep, knownIntent, valueAtPath } from "./intents.ts";
import type { ActionJson, ApprovalJson, BranchJson, LoopJson, ParallelJson, WaitJson } from "./json.ts";
import { type ActionStep, type ControlStep, isControl, type Lane, type Step } from "./tree.ts";
import { conditionWords, listed, sentence, spanWords, valueWords, type Words } from "./words.ts";
import { inEnglish, say, sayCount, sayLabel } from "../../../words/say.ts";

export interface SentenceWords extends Words {
  vocabulary: Vocabulary;
  /** What an event type is called. */
  eventOf(type: string): string;
  /** What another flow is called. */
  flowOf(id: number): string | undefined;
}

export function sentenceOf(step: Step, words: SentenceWords): string {
  if (!isControl(step)) return actionSentence(step, words);
  return step.control.name || controlSentence(step, words);
}

function actionSentence(step: ActionStep, words: SentenceWords): string {
  const { action } = step;
  switch (action.type) {
    case "http":
      return action.url === ""
        ? say("Send an HTTP request")
        : say("Send {method} to {host}", { method: action.method, host: hostOf(action.url) });
    case "transform":
      return say("Make the value {name}", { name: action.id });
    case "variables": {
      const names = Object.keys(action.set);
      return names.length === 0 ? say("Set variables") : say("Set {names}", { names: listed(names) });
    }
    case "emit_event":
      return action.event === "" ? say("Make an event") : say("Make the event {name}", { name: action.event });
    case "run_flow":
      return runFlowSentence(words.flowOf(action.flow_id), action.wait);
    case "clockify":
      return clockifySentence(step, words);
  }
}

function runFlowSentence(name: string | undefined, waits: boolean): string {
  if (waits) return name === undefined ? say("Run another flow") : say("Run the flow {name}", { name });
  return name === undefined
    ? say("Run another flow, and continue")
    : say("Run the flow {name}, and continue", { name });
}

function clockifySentence(step: ActionStep, words: SentenceWords): string {
  const { vocabulary } = words;
  const action = step.action as Extract<ActionJson, { type: "clockify" }>;
  const operation = operationNamed(vocabulary, action.operation_id);
  const known = step.intent ?? knownIntent(step, vocabulary.intents);
  const use = intentOfStep({ ...step, intent: known }, { intents: vocabulary.intents, operation });
  const isWhole = use !== undefined && use.action === use.intent.actions.length - 1;
  const title = isWhole
    ? sayLabel(use.intent.title)
    : `Clockify: ${operation ? sayLabel(operation.summary) : say("choose an operation")}`;
  const given = use?.asks.flatMap((asked) => {
    const said = valueWords(valueAtPath(action, asked.path), words);
    return said === "" ? [] : [said];
  }) ?? [];
  return given.length === 0 ? title : `${title}: ${given.join(", ")}`;
}

function hostOf(url: string): string {
  return /^https?:\/\/([^/?#{]+)/.exec(url)?.[1] ?? valueWords(url);
}

function controlSentence(step: ControlStep, words: SentenceWords): string {
  const { control } = step;
  switch (control.kind) {
    case "branch":
      return branchSentence(step, control, words);
    case "parallel":
      return parallelSentence(step, control);
    case "loop":
      return loopSentence(step, control, words);
    case "wait":
      return waitSentence(step, control, words);
    case "approval":
      return approvalSentence(control, words);
    case "try":
      return step.lanes.some(({ list }) => list === "on_error")
        ? say("Try, and on error do something else")
        : say("Try");
    case "end":
      return endSentence(control.outcome, valueWords(control.message, words));
    default:
      return say("Step of kind {kind}", { kind: (control as { kind: string }).kind });
  }
}

function branchSentence({ lanes }: ControlStep, { on }: BranchJson, words: SentenceWords): string {
  const cases = lanes.filter(({ list }) => list === "cases");
  if (on !== undefined) {
    const subject = valueWords(on, words);
    return subject === "" ? say("Depending on a value") : say("Depending on {value}", { value: subject });
  }
  const first = cases[0] ? caseWords(cases[0], words) : "";
  if (cases.length > 1) {
    const count = cases.length - 1;
    const condition = first || "…";
    const said = { condition, count };
    return sayCount(count, "If {condition}, or {count} other case", "If {condition}, or {count} other cases", said);
  }
  return first === "" ? say("If a condition is met") : say("If {condition}", { condition: first });
}

function caseWords({ condition, own }: Lane, words: SentenceWords): string {
  if (condition) return conditionWords(condition.node, words);
  return listed((own?.equals ?? []).map((one) => valueWords(one, words)), "or");
}

function parallelSentence({ lanes }: ControlStep, { join }: ParallelJson): string {
  const count = lanes.length;
  if (join === "all") return say("Do {count} things at once", { count });
  if (join === "any") return say("Do {count} things at once, until one is done", { count });
  if (join === "majority") return say("Do {count} things at once, until most are done", { count });
  return say("Do {count} things at once, until {least} are done", { count, least: join.at_least });
}

function loopSentence({ condition }: ControlStep, { over, at_once }: LoopJson, words: SentenceWords): string {
  if (condition) {
    const said = conditionWords(condition.node, words);
    return said === "" ? say("Repeat while a condition is met") : say("Repeat while {condition}", { condition: said });
  }
  const list = valueWords(over, words);
  const count = Number(at_once);
  if (count > 1) {
    return list === ""
      ? say("For each item of a list, {count} at once", { count })
      : say("For each of {list}, {count} at once", { list, count });
  }
  return list === "" ? say("For each item of a list") : say("For each of {list}", { list });
}

function waitSentence({ condition }: ControlStep, wait: WaitJson, words: SentenceWords): string {
  if (wait.event) {
    const types = wait.event.event_types.map((type) => words.eventOf(type));
    const event = types.length === 0 ? say("an event") : listed(types, "or");
    const which = condition ? conditionWords(condition.node, words) : "";
    const span = spanWords(wait.deadline, words);
    if (which === "") {
      return span === ""
        ? say("Wait for {event}", { event })
        : say("Wait for {event}, at most {span}", { event, span });
    }
    return span === ""
      ? say("Wait for {event} where {condition}", { event, condition: which })
      : say("Wait for {event} where {condition}, at most {span}", { event, condition: which, span });
  }
  if (wait.until !== undefined) {
    const time = valueWords(wait.until, words);
    return time === "" ? say("Wait until a time") : say("Wait until {time}", { time });
  }
  const span = spanWords(wait.for, words);
  return span === "" ? say("Wait for some time") : say("Wait {span}", { span });
}

function approvalSentence({ people, roles, deadline }: ApprovalJson, words: SentenceWords): string {
  const named = (Array.isArray(people) ? people : [people]).map((one) => valueWords(one, words)).filter(Boolean);
  const who = [...named, ...roles.map(roleWords)];
  const asked = who.length === 0 ? say("somebody") : listed(who, "or");
  const span = spanWords(deadline, words);
  return span === ""
    ? say("Ask {people} to approve", { people: asked })
    : say("Ask {people} to approve, up to {span}", { people: asked, span });
}

export function roleWords(role: string): string {
  switch (role) {
    case "OWNER":
      return say("the owner");
    case "WORKSPACE_ADMIN":
      return say("any workspace admin");
    case "PROJECT_MANAGER":
      return say("any project manager");
    case "TEAM_MANAGER":
      return say("any team manager");
    default:
      return say("any {role}", { role: role.toLowerCase().replaceAll("_", " ") });
  }
}

function endSentence(outcome: string, message: string): string {
  return `${outcome === "failure" ? say("End as failed") : say("End here")}${message && `: ${message}`}`;
}

/** "Yes", "Otherwise", "Branch 1", "On error": what the list is called beside its steps. */
export function laneName({ lanes, control, condition }: ControlStep, lane: Lane, words: SentenceWords): string {
  if (lane.own?.name) return lane.own.name;
  const among = lanes.filter(({ list }) => list === lane.list);
  switch (lane.list) {
    case "cases": {
      if (among.length === 1 && lane.condition) return say("Yes");
      const said = caseWords(lane, words);
      return sentence(said) || say("Case {number}", { number: among.indexOf(lane) + 1 });
    }
    case "branches":
      return say("Branch {number}", { number: among.indexOf(lane) + 1 });
    case "actions":
      return control.kind === "try" ? say("Try") : condition ? say("Each time") : say("For each");
    default:
      return lane.list === "expired" && control.kind === "wait" ? say("Too late") : LANES[lane.list];
  }
}

const LANES: Record<Exclude<Lane["list"], "cases" | "branches" | "actions">, string> = {
  otherwise: say("Otherwise"),
  on_error: say("On error"),
  finally: say("Finally"),
  ask: say("When it is asked"),
  remind: say("Reminder"),
  approved: say("Approved"),
  rejected: say("Rejected"),
  expired: say("No answer"),
};

/** The whole flow in one line, as its name while it has none: stored, and so in English for all who read it. */
export function flowSentence(
  { triggers, condition, steps }: Pick<Words, "triggers"> & {
    condition: Parameters<typeof conditionWords>[0];
    steps: readonly Step[];
  },
  words: SentenceWords,
): string {
  return inEnglish(() => {
    const when = listed(triggers.slice(0, 2).map((type) => words.eventOf(type).toLowerCase()), "or");
    const which = conditionWords(condition, words);
    const first = steps[0] ? sentenceOf(steps[0], words) : "";
    return sentence([when, which, first].filter((part) => part !== "").join(": ")).slice(0, 200);
  });
}
