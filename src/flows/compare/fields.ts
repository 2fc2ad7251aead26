/** The fields of steps in words: what a step does by each of them, as "goes over", "waits for". Pure. */

import { cut, isObject } from "../../engine/faults.ts";
import {
  deedOf,
  fieldWords,
  hostOf,
  isNothing,
  listed,
  nameWords,
  quoted,
  spanWords,
  valueWords,
  type WordSource,
} from "./words.ts";

/** A field in words. */
export interface FieldWords {
  /** "goes over the entries of the event", behind "now" or "no longer". */
  says: string;
  /** What stands in "(before: ...)". */
  value: string;
}

type Field = (value: unknown, words: WordSource, step: Record<string, unknown>) => FieldWords;

/** `says` with the value behind it. */
const plain = (verb: string): Field => (value, words) => {
  const text = valueWords(value, words);
  return { says: `${verb} ${text}`, value: text };
};
const chosen = (choices: Record<string, string>): Field => (value, words) => {
  const text = choices[String(value)] ?? valueWords(value, words);
  return { says: text, value: text };
};
const span = (verb: (text: string) => string): Field => (value) => ({
  says: verb(spanWords(value)),
  value: spanWords(value),
});

/** By `kind.field` or `type.field`, else by the field alone. */
const FIELDS: Readonly<Record<string, Field>> = {
  name: plain("is called"),
  retry: (value) => {
    const text = isObject(value) ? retryWords(value) : "5 times at most";
    return { says: `tries ${text}`, value: text };
  },
  try_time_limit_ms: span((text) => `gives an attempt ${text}`),
  on_uncertain: chosen({
    stop: "stops where the answer of a call is lost",
    retry: "repeats a call whose answer is lost",
  }),
  operation_id: (value, words, step) => {
    const text = quoted(deedOf({ ...step, operation_id: value }, words));
    return { says: `calls ${text}`, value: text };
  },
  as_user: plain("acts as the user"),
  replace: (value) => {
    const text = value === true ? "replaces the whole object" : "changes only the fields that it names";
    return { says: text, value: text };
  },
  method: plain("sends"),
  url: (value) => {
    const text = typeof value === "string" ? cut(value, 120) : hostOf(value);
    return { says: `sends to ${text}`, value: text };
  },
  timeout_ms: span((text) => `waits ${text} for the answer`),
  "transform.output": plain("gives"),
  "emit_event.event": plain("emits the event"),
  "run_flow.flow_id": (value, words) => {
    const text = valueWords(words.nameOf(`flow:${value}`) ?? value, words);
    return { says: `runs the flow ${text}`, value: text };
  },
  "run_flow.wait": (value) => {
    const text = value === true ? "waits until that flow is over" : "does not wait for that flow";
    return { says: text, value: text };
  },
  "branch.on": plain("decides by"),
  "loop.over": plain("goes over"),
  "loop.max_items": plain("takes at most this many items:"),
  "loop.at_once": (value) => {
    const text = value === 1 || value === undefined ? "one item after another" : `${value} items at the same time`;
    return { says: `takes ${text}`, value: text };
  },
  "loop.on_error": chosen({
    stop: "stops at the first item that fails",
    continue: "goes on where an item failed",
    collect: "goes on where an item failed, and keeps its error",
  }),
  "parallel.join": (value) => {
    const many = isObject(value) ? `${value.at_least} of its branches are` : {
      all: "all of its branches are",
      any: "one of its branches is",
      majority: "most of its branches are",
    }[String(value)] ?? "its branches are";
    return { says: `goes on once ${many} done`, value: `once ${many} done` };
  },
  "parallel.time_limit_ms": span((text) => `gives each branch ${text}`),
  "wait.for": plain("waits for"),
  "wait.until": plain("waits until"),
  "wait.zone": plain("reads times in the zone"),
  "wait.event_types": (value) => {
    const text = listed(Array.isArray(value) ? value.map(String) : [], "or") || "nothing";
    return { says: `waits for ${text}`, value: text };
  },
  "wait.deadline": plain("waits no longer than"),
  "approval.people": plain("asks"),
  "approval.roles": plain("lets decide by role:"),
  "approval.note": plain("says"),
  "approval.deadline": plain("expires after"),
  "approval.remind.after": plain("reminds after"),
  "end.outcome": plain("ends the run with"),
  "end.message": plain("says"),
  "end.output": plain("gives"),
};

function retryWords(retry: Record<string, unknown>): string {
  const { max_attempts, initial_delay_ms, max_delay_ms, backoff, jitter, statuses, time_limit_ms } = retry;
  const parts = [`${max_attempts} times at most, ${spanWords(initial_delay_ms)} to ${spanWords(max_delay_ms)} apart`];
  if (typeof backoff === "string" && backoff !== "exponential") parts.push(`with ${backoff} delays`);
  if (jitter === false) parts.push("without jitter");
  if (Array.isArray(statuses)) parts.push(`for ${listed(statuses.map(String), "or")}`);
  if (time_limit_ms !== undefined) parts.push(`within ${spanWords(time_limit_ms)}`);
  return parts.join(", ");
}

/** Lists of steps that a step may have or not have, by what happens without them. */
export const MISSING_LISTS: Readonly<Record<string, string>> = {
  "approval.rejected": "cancels the run where it is rejected",
  "approval.expired": "fails where it expires",
  "try.on_error": "fails where one of its steps fails",
};

/** The field of a step; `name` as in `url`, `retry`, `remind.after`. */
export function stepField(
  name: string,
  value: unknown,
  { step, words }: { step: Record<string, unknown>; words: WordSource },
): FieldWords {
  const kind = typeof step.kind === "string" && step.kind !== "action" ? step.kind : step.type ?? "clockify";
  const field = FIELDS[`${kind}.${name}`] ?? FIELDS[name];
  if (field) return field(value, words, step);
  const text = valueWords(value, words);
  return { says: `has ${nameWords(name)} ${text}`, value: text };
}

/** A field of the body of a Clockify call: "sets the project to ...", "adds the tag ...". */
export function bodyField(
  name: string,
  value: unknown,
  { step, words }: { step: Record<string, unknown>; words: WordSource },
): FieldWords {
  const label = nameWords(name);
  const operation = String(step.operation_id ?? "");
  const text = valueWords(value, words);
  if (/^findOrCreate/.test(operation) && name === "name") {
    return {
      says: `finds or creates the ${operation.slice("findOrCreate".length).toLowerCase()} ${text}`,
      value: text,
    };
  }
  if (isObject(value) && ("$add" in value || "$remove" in value)) {
    const parts = (["$add", "$remove"] as const).flatMap((key) => {
      if (!(key in value)) return [];
      const many = Array.isArray(value[key]) && value[key].length > 1;
      return [`${key === "$add" ? "adds" : "removes"} the ${label}${many ? "s" : ""} ${valueWords(value[key], words)}`];
    });
    return {
      says: listed(parts),
      value: parts.length === 1 ? valueWords(Object.values(value)[0], words) : listed(parts),
    };
  }
  const isEmptied = value === null || isNothing(value);
  return { says: isEmptied ? `empties the ${label}` : `sets the ${label} to ${text}`, value: text };
}

/** A parameter of the path, by which an object is found. */
export function pathField(
  name: string,
  value: unknown,
  { step, words }: { step: Record<string, unknown>; words: WordSource },
): FieldWords {
  const entity = words.entityOf(String(step.operation_id ?? ""), name);
  const text = valueWords(value, words);
  return { says: `acts on the ${entity ? entity.replaceAll("_", " ") : nameWords(name)} ${text}`, value: text };
}

/** A field of a request to another system, of an event's body, or a variable: `at` as in `headers.X-Shop`. */
export function partField(at: string, value: unknown, words: WordSource): FieldWords {
  const [part, ...rest] = at.split(".");
  const name = rest.join(".");
  const text = valueWords(value, words);
  const labels: Record<string, string> = {
    headers: "header",
    query: "parameter",
    query_params: "parameter",
    set: "variable",
  };
  const label = labels[part!] ?? part!;
  const whole = rest.length === 0
    ? `its ${nameWords(part!)}`
    : `the ${label} ${quoted(labels[part!] ? name : fieldWords(name))}`;
  return { says: `sets ${whole} to ${text}`, value: text };
}
