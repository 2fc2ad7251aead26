/** What the shapes of a flow and of its steps have in common, in zod: names, numbers, lists of steps, retries, and faults. */

import { z } from "zod";
import { BACKOFF_FORMS } from "../../base/backoff.ts";
import { at, type Fault, isObject, unknownName } from "../../engine/faults.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "../../engine/plan.ts";
import { STEP_ID } from "../../engine/step_path.ts";
import type { FlowRetry, FlowStep } from "./definition.ts";
import { MAX_LIST } from "./step_limits.ts";

/** The value when the shape is right; `raw` is what was given. */
export interface ShapeResult<Value> {
  raw: Record<string, unknown>;
  value?: Value;
  faults: Fault[];
}

/** Where a step stands, for the reader of its kind. */
export interface ShapeContext {
  /** As in `actions[2].cases[0].actions[1]`. */
  path: string;
  /** Its own, or the one that it gets. */
  id: string;
  deps: ShapeDeps;
  /** False for a flow that is off: what its steps do need not be allowed. */
  enabled: boolean;
}

export interface ShapeDeps {
  knownEvent(type: string): boolean;
  /** True where the workspace lets flows call other systems. */
  genericHttp?: boolean;
  /** Retry policy of http actions that state none; DEFAULT_RETRY when absent. */
  httpRetry?: RetryPolicy;
}

/** Reads the steps of one kind, or the actions of one type. Lists of steps in the value are as they were given; `mended`: what can be read where it is wrong (mend.ts). */
export interface StepShapes<Step extends FlowStep = FlowStep> {
  keys: readonly string[];
  /** Of what its fields hold, by their names. */
  nested?: KnownKeys;
  read(input: unknown, context: ShapeContext): { value?: Step; mended?: Step; faults: Fault[] };
}

const HOUR_MS = 3_600_000;

const name = message("must be text of 1 to 255 characters");
const id = message('must be 1 to 64 letters, digits, "_" or "-"');
export const flag = message("must be true or false");
/** What every step may have. */
export const stepId = z.string(id).regex(STEP_ID, id).optional();
export const nameText = z.string(name).trim().min(1, name).max(255, name);
export const stepName = nameText.optional();
export const params = z.custom<Record<string, unknown>>(isObject, message("must be an object of names and values"));
export const whole = (min: number, max: number) => {
  const wrong = message(`must be a whole number from ${min} to ${max}`);
  return z.int(wrong).min(min, wrong).max(max, wrong);
};
const statusList = message("must be a list of 1 to 40 HTTP statuses, as in [500, 503]");
const factor = message("must be a number from 1 to 10");
export const oneOf = <Value extends string>(...values: Value[]) =>
  z.enum(values, message(`must be ${values.map((value) => `"${value}"`).join(" or ")}`));

/** A list of steps, which are read by themselves. */
export const stepList = z.array(z.unknown(), message("must be a list of steps"))
  .max(MAX_LIST, message(`must hold at most ${MAX_LIST} steps`));
export const someSteps = stepList.min(1, message("must hold at least one step"));

type GivenRetry = z.infer<typeof retrySchema>;
const retrySchema = z.strictObject({
  max_attempts: whole(1, 20).optional(),
  initial_delay_ms: whole(0, HOUR_MS).optional(),
  max_delay_ms: whole(0, 24 * HOUR_MS).optional(),
  multiplier: z.number(factor).min(1, factor).max(10, factor).optional(),
  backoff: oneOf(...BACKOFF_FORMS).optional(),
  jitter: z.boolean(flag).optional(),
  statuses: z.array(whole(400, 599), statusList).min(1, statusList).max(40, statusList).optional(),
  time_limit_ms: whole(1_000, 7 * 24 * HOUR_MS).optional(),
}, message('must be an object, as in {"max_attempts": 3}'));

const RETRY_KEYS = Object.keys(retrySchema.shape);

/** What every action may have. */
export const everyAction = {
  kind: z.literal("action").optional(),
  id: stepId,
  retry: retrySchema.nullish(),
  retryPolicy: retrySchema.nullish(),
  try_time_limit_ms: whole(100, 300_000).optional(),
  on_uncertain: oneOf("retry", "stop").optional(),
};

/** A retry policy with what it leaves out filled in. */
function retryOf(given: GivenRetry): FlowRetry {
  const initial = given.initial_delay_ms ?? Math.min(DEFAULT_RETRY.initialDelayMs, given.max_delay_ms ?? Infinity);
  return {
    max_attempts: given.max_attempts ?? DEFAULT_RETRY.maxAttempts,
    initial_delay_ms: initial,
    max_delay_ms: given.max_delay_ms ?? Math.max(DEFAULT_RETRY.maxDelayMs, initial),
    multiplier: given.multiplier ?? DEFAULT_RETRY.multiplier,
    ...(given.backoff && { backoff: given.backoff }),
    // Who writes that the delays are fixed or grow by equal parts means these delays.
    ...(given.backoff && given.backoff !== "exponential" && { jitter: false }),
    ...(given.jitter !== undefined && { jitter: given.jitter }),
    ...(given.statuses && { statuses: [...new Set(given.statuses)].toSorted((a, b) => a - b) }),
    ...(given.time_limit_ms !== undefined && { time_limit_ms: given.time_limit_ms }),
  };
}

/** Unknown keys that are listed of one place: each is compared with all that are known. */
const MAX_KEYS = 50;

/** Names known below a definition, by where they stand: "" for its own, `cases` for those of each of its cases. */
export type KnownKeys = Readonly<Record<string, readonly string[]>>;

/** What zod found below `base`, in our words. */
export function faultsOf(error: z.ZodError, base: string, keys: KnownKeys): Fault[] {
  const known: KnownKeys = { retry: RETRY_KEYS, retryPolicy: RETRY_KEYS, ...keys };
  return error.issues.flatMap((issue): Fault[] => {
    const path = issue.path.reduce<string>((way, key) => at(way, key as string | number), base);
    if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
    const place = issue.path.filter((key) => typeof key === "string").join(".");
    return issue.keys.slice(0, MAX_KEYS)
      .map((key) => ({ path: at(path, key), message: unknownName(key, known[place] ?? []) }));
  });
}

/** The two spellings of a retry policy with what they leave out filled in, beside the limit of one attempt, and what is wrong with them. */
export function readTries(
  { retry: own, retryPolicy, try_time_limit_ms }: {
    retry?: GivenRetry | null;
    retryPolicy?: GivenRetry | null;
    try_time_limit_ms?: number;
  },
  { path, byDefault }: { path: string; byDefault?: RetryPolicy },
): { tries: { retry?: FlowRetry; try_time_limit_ms?: number }; faults: Fault[] } {
  const faults: Fault[] = [];
  if (own && retryPolicy) faults.push({ path: at(path, "retryPolicy"), message: combined("retry") });
  const given = own ?? retryPolicy;
  const retry = given ? retryOf(given) : byDefault && {
    max_attempts: byDefault.maxAttempts,
    initial_delay_ms: byDefault.initialDelayMs,
    max_delay_ms: byDefault.maxDelayMs,
    multiplier: byDefault.multiplier,
  };
  if (retry && retry.max_delay_ms < retry.initial_delay_ms) {
    faults.push({ path: `${path}.retry.max_delay_ms`, message: "must be at least initial_delay_ms" });
  }
  return { tries: { ...(retry && { retry }), ...(try_time_limit_ms !== undefined && { try_time_limit_ms }) }, faults };
}

export function combined(other: string): string {
  return `cannot be combined with ${other}: give one of them`;
}

export function message(error: string): { error: string } {
  return { error };
}
