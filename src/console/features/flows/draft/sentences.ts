/** Each step as a sentence, and what its lanes are called. Pure. */

import { operationNamed, type Vocabulary } from "../vocabulary_api.ts";
import { intentOfStep, knownIntent, valueAtPath } from "./intents.ts";
import type { ActionJson, ApprovalJson, BranchJson, LoopJson, ParallelJson, WaitJson } from "./json.ts";
import { type ActionStep, type ControlStep, isControl, type Lane, type Step } from "./tree.ts";
import { conditionWords, listed, sentence, spanWords, valueWords, type Words } from "./words.ts";

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
      return action.url === "" ? "Send an HTTP request" : `Send ${action.method} to ${hostOf(action.url)}`;
    case "transform":
      return `Make the value ${action.id}`;
    case "variables": {
      const names = Object.keys(action.set);
      return names.length === 0 ? "Set variables" : `Set ${listed(names)}`;
    }
    case "emit_event":
      return action.event === "" ? "Make an event" : `Make the event ${action.event}`;
    case "run_flow": {
      const name = words.flowOf(action.flow_id);
      return `Run ${name === undefined ? "another flow" : `the flow ${name}`}${action.wait ? "" : ", and continue"}`;
    }
    case "clockify":
      return clockifySentence(step, words);
  }
}

function clockifySentence(step: ActionStep, words: SentenceWords): string {
  const { vocabulary } = words;
  const action = step.action as Extract<ActionJson, { type: "clockify" }>;
  const operation = operationNamed(vocabulary, action.operation_id);
  const known = step.intent ?? knownIntent(step, vocabulary.intents);
  const use = intentOfStep({ ...step, intent: known }, { intents: vocabulary.intents, operation });
  const isWhole = use !== undefined && use.action === use.intent.actions.length - 1;
  const title = isWhole ? use.intent.title : `Clockify: ${operation?.summary ?? "choose an operation"}`;
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
      return step.lanes.some(({ list }) => list === "on_error") ? "Try, and on error do something else" : "Try";
    case "end":
      return endSentence(control.outcome, valueWords(control.message, words));
    default:
      return `Step of kind ${(control as { kind: string }).kind}`;
  }
}

function branchSentence({ lanes }: ControlStep, { on }: BranchJson, words: SentenceWords): string {
  const cases = lanes.filter(({ list }) => list === "cases");
  if (on !== undefined) {
    const subject = valueWords(on, words);
    return subject === "" ? "Depending on a value" : `Depending on ${subject}`;
  }
  const first = cases[0] ? caseWords(cases[0], words) : "";
  if (cases.length > 1) {
    return `If ${first || "…"}, or ${cases.length - 1} other ${cases.length === 2 ? "case" : "cases"}`;
  }
  return first === "" ? "If a condition is met" : `If ${first}`;
}

function caseWords({ condition, own }: Lane, words: SentenceWords): string {
  if (condition) return conditionWords(condition.node, words);
  return listed((own?.equals ?? []).map((one) => valueWords(one, words)), "or");
}

function parallelSentence({ lanes }: ControlStep, { join }: ParallelJson): string {
  const count = lanes.length;
  const until = join === "all"
    ? ""
    : join === "any"
    ? ", until one is done"
    : join === "majority"
    ? ", until most are done"
    : `, until ${join.at_least} are done`;
  return `Do ${count} things at once${until}`;
}

function loopSentence({ condition }: ControlStep, { over, at_once }: LoopJson, words: SentenceWords): string {
  if (condition) {
    const said = conditionWords(condition.node, words);
    return said === "" ? "Repeat while a condition is met" : `Repeat while ${said}`;
  }
  const subject = valueWords(over, words);
  const each = subject === "" ? "each item of a list" : `each of ${subject}`;
  return `For ${each}${Number(at_once) > 1 ? `, ${at_once} at once` : ""}`;
}

function waitSentence({ condition }: ControlStep, wait: WaitJson, words: SentenceWords): string {
  if (wait.event) {
    const types = wait.event.event_types.map((type) => words.eventOf(type));
    const what = types.length === 0 ? "an event" : listed(types, "or");
    const which = condition ? conditionWords(condition.node, words) : "";
    const atMost = spanWords(wait.deadline, words);
    return `Wait for ${what}${which && ` where ${which}`}${atMost && `, at most ${atMost}`}`;
  }
  if (wait.until !== undefined) return `Wait until ${valueWords(wait.until, words) || "a time"}`;
  return `Wait ${spanWords(wait.for, words) || "for some time"}`;
}

function approvalSentence({ people, roles, deadline }: ApprovalJson, words: SentenceWords): string {
  const named = (Array.isArray(people) ? people : [people]).map((one) => valueWords(one, words)).filter(Boolean);
  const who = [...named, ...roles.map(roleWords)];
  const until = spanWords(deadline, words);
  return `Ask ${who.length === 0 ? "somebody" : listed(who, "or")} to approve${until && `, up to ${until}`}`;
}

export function roleWords(role: string): string {
  return role === "OWNER" ? "the owner" : `any ${role.toLowerCase().replaceAll("_", " ")}`;
}

function endSentence(outcome: string, message: string): string {
  return `${outcome === "failure" ? "End as failed" : "End here"}${message && `: ${message}`}`;
}

/** "Yes", "Otherwise", "Branch 1", "On error": what the list is called beside its steps. */
export function laneName({ lanes, control, condition }: ControlStep, lane: Lane, words: SentenceWords): string {
  if (lane.own?.name) return lane.own.name;
  const among = lanes.filter(({ list }) => list === lane.list);
  switch (lane.list) {
    case "cases": {
      if (among.length === 1 && lane.condition) return "Yes";
      const said = caseWords(lane, words);
      return sentence(said) || `Case ${among.indexOf(lane) + 1}`;
    }
    case "branches":
      return `Branch ${among.indexOf(lane) + 1}`;
    case "actions":
      return control.kind === "try" ? "Try" : condition ? "Each time" : "For each";
    default:
      return lane.list === "expired" && control.kind === "wait" ? "Too late" : LANES[lane.list];
  }
}

const LANES: Record<Exclude<Lane["list"], "cases" | "branches" | "actions">, string> = {
  otherwise: "Otherwise",
  on_error: "On error",
  finally: "Finally",
  ask: "When it is asked",
  remind: "Reminder",
  approved: "Approved",
  rejected: "Rejected",
  expired: "No answer",
};

/** The whole flow in one line, as its name while it has none. */
export function flowSentence(
  { triggers, condition, steps }: Pick<Words, "triggers"> & {
    condition: Parameters<typeof conditionWords>[0];
    steps: readonly Step[];
  },
  words: SentenceWords,
): string {
  const when = listed(triggers.slice(0, 2).map((type) => words.eventOf(type).toLowerCase()), "or");
  const which = conditionWords(condition, words);
  const first = steps[0] ? sentenceOf(steps[0], words) : "";
  return sentence([when, which, first].filter((part) => part !== "").join(": ")).slice(0, 200);
}
