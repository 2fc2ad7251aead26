/** What differs between a step before and after, without the steps below it, in sentences. Pure. */

import { isDeepStrictEqual } from "node:util";
import { at, isObject } from "../../engine/faults.ts";
import { compareConditions, type ConditionWords, type Difference } from "./conditions.ts";
import { bodyField, type FieldWords, MISSING_LISTS, partField, pathField, stepField } from "./fields.ts";
import type { PlacedList, PlacedStep } from "./tree.ts";
import { deedOf, inWords, isNothing, quoted, valueWords, type WordSource } from "./words.ts";
import { DEFAULT_ITEMS } from "../shape/step_limits.ts";
import { stepListKeys } from "../shape/steps.ts";

type Fields = Record<string, unknown>;

export interface StepWords extends WordSource, ConditionWords {}

/** Fields that hold others by name, each of which is compared by itself. */
const PARTS = ["headers", "query", "query_params", "body", "set", "input"];
const MAX_DEPTH = 6;
/** What a field that is left out stands for, by `kind.field` or the field alone: a draft need not say it. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  on_uncertain: "retry",
  path_params: {},
  query_params: {},
  headers: {},
  query: {},
  replace: false,
  "http.method": "POST",
  "http.timeout_ms": 10_000,
  "run_flow.wait": false,
  "loop.max_items": DEFAULT_ITEMS,
  "loop.at_once": 1,
  "loop.on_error": "stop",
  "parallel.join": "all",
  "approval.people": [],
  "approval.roles": [],
  "end.outcome": "success",
};

/** Sentences without their subject: "now waits for 2 h (before: 1 h)". */
export function compareStep(before: PlacedStep, after: PlacedStep, words: StepWords): Difference[] {
  const [left, right] = [before.step, after.step];
  if (kindOf(left) !== kindOf(right)) {
    return [{
      kind: "changed",
      at: "",
      words: `is another step now: ${does(right, words)} (before: ${does(left, words)})`,
      before: left,
      after: right,
    }];
  }
  const lists = stepListKeys(right);
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .filter((key) => key !== "id" && key !== "kind" && key !== "type" && !lists.includes(key));
  return [
    ...keys.flatMap((key) => compareField(key, { left, right, words })),
    ...lists.flatMap((key) => missingList(key, { left, right })),
    ...(lists.includes("remind") ? remindAfter({ left, right, words }) : []),
  ];
}

/** What stands in a case beside its steps. `title` as in `case "Long"`. */
export function compareMember(
  before: PlacedList,
  after: PlacedList,
  { title, words }: { title: string; words: StepWords },
): Difference[] {
  const [left, right] = [before.member!, after.member!];
  const place = `${after.key}[${after.index}]`;
  const verbs = {
    only: `takes ${title} only when`,
    dropped: `for ${title} no longer asks that`,
    always: `takes ${title} always`,
  };
  const conditions = compareConditions(left.if, right.if, { words, verbs })
    .map((one) => ({ ...one, at: `${place}.if${one.at === "" ? "" : `.${one.at}`}` }));
  const others = ["name", "equals"].filter((key) => !isDeepStrictEqual(left[key] ?? null, right[key] ?? null));
  return [
    ...conditions,
    ...others.map((key): Difference => {
      const [was, is] = [valueWords(left[key], words), valueWords(right[key], words)];
      const said = key === "name" ? `calls ${title} ${is} now` : `takes ${title} for ${is} now`;
      const place_ = `${place}.${key}`;
      return { kind: "changed", at: place_, words: `${said} (before: ${was})`, before: left[key], after: right[key] };
    }),
  ];
}

interface Pair {
  left: Fields;
  right: Fields;
  words: StepWords;
}

function compareField(key: string, { left, right, words }: Pair): Difference[] {
  const usual = DEFAULTS[`${right.kind ?? typeOf(right)}.${key}`] ?? DEFAULTS[key];
  const [was, is] = [left[key] ?? usual, right[key] ?? usual];
  if (isDeepStrictEqual(was ?? null, is ?? null)) return [];
  if (key === "while") {
    const verbs = { only: "goes on only while", dropped: "no longer asks that", always: "goes on without a condition" };
    return compareConditions(was, is, { words, verbs }).map((one) => ({ ...one, at: below("while", one.at) }));
  }
  if (key === "event" && isObject(was) && isObject(is)) return compareWaited(was, is, { left, right, words });
  if (key === "path_params" && isObject(was) && isObject(is)) {
    return named(key, { was, is }, (name, value, step) => pathField(name, value, { step, words }), { left, right });
  }
  const isClockify = typeOf(right) === "clockify" && typeOf(left) === "clockify";
  if (key === "body" && isClockify && isObject(was) && isObject(is)) {
    return named(key, { was, is }, (name, value, step) => bodyField(name, value, { step, words }), { left, right });
  }
  if (PARTS.includes(key)) {
    return leaves(was, is, key, 0).map(({ at, before, after }) =>
      difference(at, { before, after }, (value) => partField(at, value, words))
    );
  }
  // What goes back to what every step has is no "no longer".
  if (["replace", "retry", "at_once"].includes(key)) {
    const [then, now] = [stepField(key, was, { step: left, words }), stepField(key, is, { step: right, words })];
    return [{ kind: "changed", at: key, words: `now ${now.says} (before: ${then.value})`, before: was, after: is }];
  }
  return [difference(key, { before: was, after: is }, (value, step) => stepField(key, value, { step, words }), {
    left,
    right,
  })];
}

function compareWaited(was: Fields, is: Fields, { left, right, words }: Pair): Difference[] {
  const verbs = { only: "waits for it only when", dropped: "no longer asks that", always: "waits for any of them" };
  const types = isDeepStrictEqual(was.event_types, is.event_types) ? [] : [
    difference(
      "event.event_types",
      { before: was.event_types, after: is.event_types },
      (value, step) => stepField("event_types", value, { step, words }),
      { left, right },
    ),
  ];
  const conditions = compareConditions(was.conditions, is.conditions, { words, verbs });
  return [...types, ...conditions.map((one) => ({ ...one, at: below("event.conditions", one.at) }))];
}

function remindAfter({ left, right, words }: Pair): Difference[] {
  const [was, is] = [left, right].map(({ remind }) => isObject(remind) ? remind.after : undefined);
  if (isDeepStrictEqual(was ?? null, is ?? null)) return [];
  return [
    difference(
      "remind.after",
      { before: was, after: is },
      (value, step) => stepField("remind.after", value, { step, words }),
      { left, right },
    ),
  ];
}

/** Where a list is there on one side alone, and its absence means something. */
function missingList(key: string, { left, right }: Pick<Pair, "left" | "right">): Difference[] {
  const without = MISSING_LISTS[`${right.kind}.${key}`];
  const [was, is] = [left[key], right[key]].map((value) => Array.isArray(value));
  if (without === undefined || was === is) return [];
  const words = is ? `no longer ${without}: it has steps for that` : `${without} now`;
  return [{ kind: is ? "added" : "removed", at: key, words, before: undefined, after: undefined }];
}

function named(
  key: string,
  { was, is }: { was: Fields; is: Fields },
  say: (name: string, value: unknown, step: Fields) => FieldWords,
  steps: { left: Fields; right: Fields },
): Difference[] {
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((name) => !isDeepStrictEqual(was[name], is[name]))
    .map((name) =>
      difference(at(key, name), {
        before: was[name],
        after: is[name],
        has: [Object.hasOwn(was, name), Object.hasOwn(is, name)],
      }, (value, step) =>
        say(name, value, step), steps)
    );
}

function difference(
  place: string,
  { before, after, has = [!isNothing(before), !isNothing(after)] }: {
    before: unknown;
    after: unknown;
    has?: boolean[];
  },
  say: (value: unknown, step: Fields) => FieldWords,
  { left = {}, right = {} }: { left?: Fields; right?: Fields } = {},
): Difference {
  const [was, is] = has;
  if (!is) return { kind: "removed", at: place, words: `no longer ${say(before, left).says}`, before, after };
  const now = say(after, right).says;
  if (!was) return { kind: "added", at: place, words: `now ${now}`, before, after };
  const then = say(before, left);
  // Where the verb is another one, the value alone would mislead.
  const isSameVerb = now.replace(say(after, right).value, "") === then.says.replace(then.value, "");
  const words = `now ${now} (before: ${isSameVerb ? then.value : then.says})`;
  return { kind: "changed", at: place, words, before, after };
}

/** Values at the ends of two trees of objects that differ; lists are values. */
function leaves(
  was: unknown,
  is: unknown,
  place: string,
  depth: number,
): { at: string; before: unknown; after: unknown }[] {
  if (isDeepStrictEqual(was, is)) return [];
  const open = (value: unknown) => isObject(value) ? value : isNothing(value) && depth === 0 ? {} : undefined;
  const [left, right] = [open(was), open(is)];
  if (!left || !right || depth >= MAX_DEPTH || (depth > 0 && (was === undefined || is === undefined))) {
    return [{ at: place, before: was, after: is }];
  }
  return [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .flatMap((key) => leaves(left[key], right[key], at(place, key), depth + 1));
}

function kindOf(step: Fields): string {
  return typeof step.kind === "string" && step.kind !== "action" ? step.kind : `action ${typeOf(step)}`;
}

function typeOf(step: Fields): unknown {
  return step.type === undefined || step.type === "CLOCKIFY_API" ? "clockify" : step.type;
}

function does(step: Fields, words: WordSource): string {
  const kind = typeof step.kind === "string" && step.kind !== "action" ? step.kind : undefined;
  return kind === undefined ? quoted(deedOf(step, words)) : quoted(inWords(kind));
}

function below(path: string, rest: string): string {
  return rest === "" ? path : `${path}.${rest}`;
}
