/**
 * Two definitions of one flow compared: what was added, removed, changed and moved, each with its place and in a sentence.
 * Steps are known by their ids, so that one which moved has moved, and was neither removed nor added. Works on drafts with
 * faults. Pure.
 */

import { isDeepStrictEqual } from "node:util";
import { compareConditions, type Difference } from "./conditions.ts";
import { compareMember, compareStep, type StepWords } from "./steps.ts";
import { compareEvents, compareTriggers } from "./triggers.ts";
import { allSteps, keptInOrder, pairMembers, type PlacedList, type PlacedStep, placeSteps } from "./tree.ts";
import { concurrencyWords, debounceWords, throttleWords } from "../gates/words.ts";
import { isObject } from "../../engine/faults.ts";
import { capital, isNothing, nameWords, quoted, stepTitle, stepWords, valueWords } from "./words.ts";

type Fields = Record<string, unknown>;

export interface FlowChange {
  /** Where it stands, as in `actions[2].cases[0].if`: in the later definition, and of what was removed in the earlier one. */
  path: string;
  kind: "added" | "removed" | "changed" | "moved";
  /** A sentence without its full stop. */
  words: string;
  /** Undefined: there was nothing. */
  before: unknown;
  after: unknown;
}

/** What a draft need not say. */
const TOP_DEFAULTS: Fields = { ordered: false };

/** What holds runs back, in sentences. */
const GATES: Readonly<Record<string, { words(is: Fields): string; gone: string }>> = {
  concurrency: { words: concurrencyWords, gone: "No longer limits how many runs are in progress at once" },
  debounce: { words: debounceWords, gone: "No longer waits until events stop coming" },
  throttle: { words: throttleWords, gone: "No longer limits how many runs begin within a time" },
};

/** A definition with its secrets masked. */
export interface ComparedFlow {
  definition: Fields;
  /** The secrets themselves by step and place, as `step_id headers.Authorization`: compared, and never part of what is said. */
  secrets?: ReadonlyMap<string, string>;
}

export function compareFlows(before: ComparedFlow, after: ComparedFlow, words: StepWords): FlowChange[] {
  const [left, right] = [placeSteps(before.definition), placeSteps(after.definition)];
  const steps = pairSteps(left, right);
  const lists = pairLists(left, right, steps);
  return [
    ...compareTop(before.definition, after.definition, words),
    ...[...allSteps(right)].flatMap((step) => {
      const was = steps.get(step);
      if (!was) return addedStep(step, { steps, lists, words });
      return [
        ...movedStep(was, step, { lists, steps, words }),
        ...changedStep(was, step, { lists, words }),
        ...changedSecrets(was, step, { before, after, words }),
      ];
    }),
    ...removedSteps(left, { steps, lists, words }),
  ];
}

/** The step of before for each one of after. Of a draft several may have one id: the first goes with the first. */
function pairSteps(left: PlacedList, right: PlacedList): Map<PlacedStep, PlacedStep> {
  const open = Map.groupBy(allSteps(left), ({ id }) => id);
  const pairs = new Map<PlacedStep, PlacedStep>();
  for (const step of allSteps(right)) {
    const was = open.get(step.id)?.shift();
    if (was) pairs.set(step, was);
  }
  return pairs;
}

/** The list of before for each one of after. */
function pairLists(
  left: PlacedList,
  right: PlacedList,
  steps: ReadonlyMap<PlacedStep, PlacedStep>,
): Map<PlacedList, PlacedList> {
  const pairs = new Map([[right, left]]);
  for (const [step, was] of steps) {
    if (step.step.kind !== was.step.kind) continue;
    for (const list of step.lists) {
      const same = list.member ? undefined : was.lists.find(({ key }) => key === list.key);
      if (same) pairs.set(list, same);
    }
    for (const { before, after } of membersOf(was, step)) if (before && after) pairs.set(after, before);
  }
  return pairs;
}

function membersOf(was: PlacedStep, step: PlacedStep) {
  const numbered = ({ lists }: PlacedStep) => lists.filter(({ member }) => member);
  return pairMembers(numbered(was), numbered(step));
}

function compareTop(before: Fields, after: Fields, words: StepWords): FlowChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => key !== "actions" && key !== "enabled");
  return keys.flatMap((key): FlowChange[] => {
    const [was, is] = [before[key], after[key]];
    if (isDeepStrictEqual(was ?? TOP_DEFAULTS[key] ?? null, is ?? TOP_DEFAULTS[key] ?? null)) return [];
    if (key === "conditions") {
      const verbs = { only: "Runs only when", dropped: "No longer asks that", always: "Runs on every event" };
      return compareConditions(was, is, { words, verbs })
        .map(({ at, ...one }) => ({ ...one, path: at === "" ? key : `${key}.${at}` }));
    }
    if (key === "trigger_event_types") return compareEvents(was, is);
    if (key === "triggers") return compareTriggers(was, is);
    const kind = isNothing(was) ? "added" : isNothing(is) ? "removed" : "changed";
    const said = key === "ordered"
      ? is === true ? "Runs for one entity go one after another" : "Runs for one entity may go at the same time"
      : key === "name"
      ? `The flow is called ${valueWords(is, words)} (before: ${valueWords(was, words)})`
      : isNothing(is) && Object.hasOwn(GATES, key)
      ? GATES[key]!.gone
      : isObject(is) && Object.hasOwn(GATES, key)
      ? GATES[key]!.words(is)
      : `${capital(nameWords(key.replaceAll("_", " ")))} is ${valueWords(is, words)} (before: ${
        valueWords(was, words)
      })`;
    return [{ path: key, kind, words: said, before: was, after: is }];
  });
}

interface Paired {
  steps: ReadonlyMap<PlacedStep, PlacedStep>;
  lists: ReadonlyMap<PlacedList, PlacedList>;
  words: StepWords;
}

/** One that stands in a step or a case that was added is part of that one. */
function addedStep(step: PlacedStep, { steps, lists, words }: Paired): FlowChange[] {
  const { parent, member } = step.list;
  if (parent && (!steps.has(parent) || (member && !lists.has(step.list)))) return [];
  const where = parent ? ` in ${listWords(step.list, words)}` : "";
  const said = `${stepWords(step, words)} is new${where}`;
  return [{ path: step.path, kind: "added", words: said, before: undefined, after: step.step }];
}

function removedSteps(left: PlacedList, { steps, lists, words }: Paired): FlowChange[] {
  const kept = new Set(steps.values());
  const keptLists = new Set(lists.values());
  const isPart = ({ list }: PlacedStep) =>
    list.parent && (!kept.has(list.parent) || (list.member && !keptLists.has(list)));
  return [...allSteps(left)].filter((step) => !kept.has(step) && !isPart(step))
    .map((step) => ({
      path: step.path,
      kind: "removed",
      words: `${stepWords(step, words)} is gone${step.list.parent ? ` from ${listWords(step.list, words)}` : ""}`,
      before: step.step,
      after: undefined,
    }));
}

function movedStep(
  was: PlacedStep,
  step: PlacedStep,
  { lists, steps, words }: Paired,
): FlowChange[] {
  const place = { path: step.path, kind: "moved" as const, before: was.path, after: step.path };
  if (lists.get(step.list) !== was.list) {
    const said = `moved to ${listWords(step.list, words)} (before: ${listWords(was.list, words)})`;
    return [{ ...place, words: `${stepWords(step, words)} ${said}` }];
  }
  const stayed = step.list.steps.filter((one) => steps.get(one)?.list === was.list);
  const kept = keptInOrder(stayed.map((one) => steps.get(one)!.position));
  if (kept.has(stayed.indexOf(step))) return [];
  const before = step.list.steps[step.list.steps.indexOf(step) - 1];
  const said = before ? `behind ${quoted(stepTitle(before, words))}` : "first";
  return [{ ...place, words: `${stepWords(step, words)} now stands ${said} (before: step ${was.number})` }];
}

function changedStep(
  was: PlacedStep,
  step: PlacedStep,
  { lists, words }: { lists: ReadonlyMap<PlacedList, PlacedList>; words: StepWords },
): FlowChange[] {
  const members = was.step.kind !== step.step.kind ? [] : membersOf(was, step);
  const differences: Difference[] = [
    ...compareStep(was, step, words),
    ...members.flatMap(({ before, after }) => {
      if (!after) return [memberGone(before!)];
      return before ? compareMember(before, after, { title: memberWords(after), words }) : [memberNew(after)];
    }),
  ];
  const subject = stepWords(step, words);
  return [
    ...differences.map(({ at, ...one }): FlowChange => ({
      ...one,
      path: at === "" ? step.path : `${one.kind === "removed" ? was.path : step.path}.${at}`,
      words: `${subject} ${one.words}`,
    })),
    ...movedMembers(was, step, { lists, subject }),
  ];
}

function memberNew(list: PlacedList): Difference {
  const place = `${list.key}[${list.index}]`;
  return { kind: "added", at: place, words: `has a new ${memberWords(list)}`, before: undefined, after: list.member };
}

function memberGone(list: PlacedList): Difference {
  const place = `${list.key}[${list.index}]`;
  return {
    kind: "removed",
    at: place,
    words: `no longer has ${memberWords(list)}`,
    before: list.member,
    after: undefined,
  };
}

/** Cases are asked in their order; the order of branches that go at the same time says nothing. */
function movedMembers(
  was: PlacedStep,
  step: PlacedStep,
  { lists, subject }: { lists: ReadonlyMap<PlacedList, PlacedList>; subject: string },
): FlowChange[] {
  const stayed = step.lists.filter((list) => list.key === "cases" && lists.get(list)?.parent === was);
  const kept = keptInOrder(stayed.map((list) => lists.get(list)!.index!));
  return stayed.filter((_, index) => !kept.has(index)).map((list) => ({
    path: `${step.path}.cases[${list.index}]`,
    kind: "moved",
    words: `${subject} asks for ${memberWords(list)} at another place (before: case ${lists.get(list)!.index! + 1})`,
    before: lists.get(list)!.index!,
    after: list.index!,
  }));
}

function changedSecrets(
  was: PlacedStep,
  step: PlacedStep,
  { before, after, words }: { before: ComparedFlow; after: ComparedFlow; words: StepWords },
): FlowChange[] {
  const start = `${step.id} `;
  const places = [...after.secrets?.keys() ?? []].filter((key) => key.startsWith(start));
  return places.flatMap((key): FlowChange[] => {
    const known = before.secrets?.get(`${was.id} ${key.slice(start.length)}`);
    if (known === undefined || known === after.secrets!.get(key)) return [];
    const place = key.slice(start.length);
    const said = `${stepWords(step, words)} has another secret at ${place}`;
    return [{ path: `${step.path}.${place}`, kind: "changed", words: said, before: MASK, after: MASK }];
  });
}

const MASK = "[redacted]";

/** `case "Long"`, `case 2`, `branch 1`. */
function memberWords({ key, index, member }: PlacedList): string {
  const name = typeof member?.name === "string" && member.name !== "" ? quoted(member.name) : String(index! + 1);
  return `${key === "branches" ? "branch" : "case"} ${name}`;
}

/** Where a list stands: `case "Long" of "Size"`. */
function listWords(list: PlacedList, words: StepWords): string {
  const { parent, key, member } = list;
  if (!parent) return "the flow itself";
  const title = quoted(stepTitle(parent, words));
  if (member) return `${memberWords(list)} of ${title}`;
  const said: Record<string, string> = {
    actions: parent.step.kind === "try" ? "what is tried" : "each round",
    on_error: "what follows a failure",
    ask: "the request",
    remind: "the reminder",
    otherwise: "the other case",
  };
  return `${said[key] ?? quoted(key)} of ${title}`;
}
