/** The shape of what holds runs of a flow back: `concurrency`, `debounce`, `throttle`, and the key of its order. */

import { z } from "zod";
import { DURATION_FORMS, readDuration } from "../../engine/duration.ts";
import { at, type Fault, isObject, unknownName } from "../../engine/faults.ts";
import { templateOf } from "../../engine/mapping.ts";
import { AppError } from "../../base/errors.ts";

/** How many runs of a flow, or of a key of it, are in progress at once. */
export interface FlowConcurrency {
  /** 1 to 100. */
  at_once: number;
  /** Template; absent: one count for the flow. */
  key?: string;
  when_full: "queue" | "skip" | "cancel_oldest";
}

/** Of events that come one soon after another the last alone starts a run. */
export interface FlowDebounce {
  key?: string;
  /** Duration without another event, after which the run begins. */
  wait: string;
  /** Duration from the first event, after which it begins whatever comes. */
  max_wait?: string;
}

/** How many runs of a flow, or of a key of it, begin within a time. */
export interface FlowThrottle {
  key?: string;
  /** 1 to 1,000. */
  at_most: number;
  /** Duration, a day at most. */
  per: string;
  when_over: "skip" | "queue";
}

export interface FlowGates {
  order_key?: string;
  concurrency?: FlowConcurrency;
  debounce?: FlowDebounce;
  throttle?: FlowThrottle;
}

const DAY_MS = 86_400_000;
const named = (error: string) => ({ error });
const whole = (max: number) => {
  const wrong = named(`must be a whole number from 1 to ${max}`);
  return z.int(wrong).min(1, wrong).max(max, wrong);
};
const duration = z.string(named(`must be a duration, ${DURATION_FORMS}`)).refine((text) => {
  const ms = readDuration(text);
  return ms !== undefined && ms >= 1_000 && ms <= DAY_MS;
}, named(`must be a duration from 1 second to 24 hours, ${DURATION_FORMS}`));
const KEY = named('must be a template of 1 to 300 characters, as in "$.webhook.userId"');
const key = z.string(KEY).min(1, KEY).max(300, KEY).superRefine((text, context) => {
  try {
    templateOf(text);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    context.addIssue({ code: "custom", message: error.message });
  }
});
const oneOf = <Value extends string>(...values: Value[]) =>
  z.enum(values, named(`must be ${values.map((value) => `"${value}"`).join(" or ")}`));
const object = named("must be an object");

const SHAPES = {
  concurrency: z.strictObject({
    at_once: whole(100),
    key: key.optional(),
    when_full: oneOf("queue", "skip", "cancel_oldest").default("queue"),
  }, object),
  debounce: z.strictObject({ key: key.optional(), wait: duration, max_wait: duration.optional() }, object),
  throttle: z.strictObject({
    key: key.optional(),
    at_most: whole(1_000),
    per: duration,
    when_over: oneOf("skip", "queue").default("skip"),
  }, object),
};

/** What of the flow holds runs back, with every fault; `ordered`: as it is given. */
export function gatesShape(given: Record<string, unknown>): { gates: FlowGates; faults: Fault[] } {
  const faults: Fault[] = [];
  const gates: Record<string, unknown> = {};
  for (const [name, shape] of Object.entries(SHAPES)) {
    const value = given[name];
    if (value === undefined || value === null) continue;
    const parsed = shape.safeParse(value);
    if (parsed.success) gates[name] = parsed.data;
    else {
      for (const issue of parsed.error.issues) {
        const path = issue.path.reduce<string>((way, one) => at(way, one as string | number), name);
        if (issue.code !== "unrecognized_keys") faults.push({ path, message: issue.message });
        else {
          const known = Object.keys(shape.shape);
          for (const one of issue.keys) faults.push({ path: at(path, one), message: unknownName(one, known) });
        }
      }
    }
  }
  if (given.order_key !== undefined && given.order_key !== null) {
    const parsed = key.safeParse(given.order_key);
    if (parsed.success) gates.order_key = parsed.data;
    else faults.push(...parsed.error.issues.map(({ message }) => ({ path: "order_key", message })));
    if (given.ordered !== true) faults.push({ path: "order_key", message: 'needs "ordered": true' });
  }
  if (isObject(given.concurrency) && given.ordered === true) {
    const message = 'cannot be combined with "ordered": with at_once 1 and a key, runs go one after another as well';
    faults.push({ path: "concurrency", message });
  }
  const { debounce } = gates as FlowGates;
  if (debounce?.max_wait && readDuration(debounce.max_wait)! < readDuration(debounce.wait)!) {
    faults.push({ path: "debounce.max_wait", message: "must be at least wait" });
  }
  return { gates: gates as FlowGates, faults };
}
