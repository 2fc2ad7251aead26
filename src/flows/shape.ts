/** The outer shape of a flow and of its actions, in zod, with faults that say what is expected. */

import { z } from "zod";
import { at, type Fault, isObject, kindOf, unknownName } from "../engine/faults.ts";
import { DEFAULT_RETRY } from "../engine/plan.ts";
import type { ClockifyFlowAction, FlowDefinition, FlowRetry } from "./definition.ts";

/** The value when the shape is right; `raw` is what was given. */
export interface ShapeResult<Value> {
  raw: Record<string, unknown>;
  value?: Value;
  faults: Fault[];
}

const MAX_EVENTS = 60;
export const MAX_ACTIONS = 50;
const HOUR_MS = 3_600_000;

const name = message("must be text of 1 to 255 characters");
export const id = message('must be 1 to 64 letters, digits, "_" or "-"');
const flag = message("must be true or false");
const asUser = message('must be a user id or an expression of one, as in "$.webhook.userId"');
export const params = z.custom<Record<string, unknown>>(isObject, message("must be an object of names and values"));
export const whole = (min: number, max: number) => {
  const wrong = message(`must be a whole number from ${min} to ${max}`);
  return z.int(wrong).min(min, wrong).max(max, wrong);
};
const factor = message("must be a number from 1 to 10");
export const oneOf = <Value extends string>(...values: Value[]) =>
  z.enum(values, message(`must be ${values.map((value) => `"${value}"`).join(" or ")}`));

const flowSchema = z.strictObject({
  name: z.string(name).trim().min(1, name).max(255, name),
  enabled: z.boolean(flag).default(true),
  trigger_source: oneOf("CLOCKIFY", "CUSTOM").optional(),
  trigger_event_types: z.array(
    z.string(message("must be the name of an event")),
    message("must be a list of event names"),
  )
    .min(1, message("must name at least one event"))
    .max(MAX_EVENTS, message(`must name at most ${MAX_EVENTS} events`)),
  conditions: z.unknown().optional(),
  actions: z.array(z.unknown(), message("must be a list of actions"))
    .min(1, message("must hold at least one action"))
    .max(MAX_ACTIONS, message(`must hold at most ${MAX_ACTIONS} actions`)),
  ordered: z.boolean(flag).default(false),
});

export const retrySchema = z.strictObject({
  max_attempts: whole(1, 20).optional(),
  initial_delay_ms: whole(0, HOUR_MS).optional(),
  max_delay_ms: whole(0, 24 * HOUR_MS).optional(),
  multiplier: z.number(factor).min(1, factor).max(10, factor).optional(),
}, message('must be an object, as in {"max_attempts": 3}'));

/** `params` is the earlier service's spelling of the three parts. */
const paramsSchema = z.strictObject({
  path: params.nullish(),
  query: params.nullish(),
  body: z.unknown().optional(),
}, message("must be an object of path, query and body"));

const actionSchema = z.strictObject({
  id: z.string(id).regex(/^[A-Za-z0-9_-]{1,64}$/, id).optional(),
  type: z.enum(
    ["clockify", "CLOCKIFY_API"],
    message('must be "clockify" or "http"'),
  ).optional(),
  operation_id: z.string(message('must be an operationId or METHOD /path, as in "GET /workspaces/{workspaceId}/tags"'))
    .min(1, message("must not be empty"))
    .max(300, message("must be at most 300 characters"))
    .refine((text) => !text.startsWith("$") && !text.includes("{{"), message("must be fixed: it takes no expression")),
  as_user: z.string(asUser).min(1, asUser).max(300, asUser).optional(),
  path_params: params.nullish(),
  query_params: params.nullish(),
  body: z.unknown().optional(),
  replace: z.boolean(flag).optional(),
  params: paramsSchema.optional(),
  retry: retrySchema.nullish(),
  retryPolicy: retrySchema.nullish(),
  on_uncertain: oneOf("retry", "stop").optional(),
}, message('must be an action, as in {"operation_id": "..."}'));

/** Keys known at each place, for the hint on a misspelt one. */
const KEYS = {
  flow: Object.keys(flowSchema.shape),
  action: Object.keys(actionSchema.shape),
  params: Object.keys(paramsSchema.shape),
  retry: Object.keys(retrySchema.shape),
};

export const FLOW_KEYS: string[] = KEYS.flow;
/** Of Clockify's actions. */
export const ACTION_KEYS: string[] = KEYS.action;

/** The flow's own fields; `actionsFit` says that the actions are a list of a fair length, whatever they hold. */
export function flowShape(
  input: unknown,
): ShapeResult<Omit<FlowDefinition, "actions">> & { actionsFit: boolean } {
  if (!isObject(input)) {
    const fault = { path: "", message: `a flow must be an object, not ${kindOf(input)}` };
    return { raw: {}, faults: [fault], actionsFit: false };
  }
  const parsed = flowSchema.safeParse(input);
  const actionsFit = Array.isArray(input.actions) && input.actions.length <= MAX_ACTIONS;
  if (!parsed.success) return { raw: input, faults: faultsOf(parsed.error, ""), actionsFit };
  const { name, enabled, trigger_source, trigger_event_types, conditions, ordered } = parsed.data;
  return {
    raw: input,
    faults: [],
    actionsFit,
    value: {
      name,
      enabled,
      trigger_event_types: [...new Set(trigger_event_types.map((type) => eventOfSource(type, trigger_source)))],
      conditions: conditions ?? null,
      ordered,
    },
  };
}

/** The event that a flow means by `type`: under the older trigger_source CUSTOM a bare name is that of a custom source. */
export function eventOfSource(type: string, source: unknown): string {
  return source === "CUSTOM" && !type.startsWith("custom:") ? `custom:${type}` : type;
}

/** The action at `index` of the flow, named `action_N` when it has no id. */
export function actionShape(input: unknown, index: number): ShapeResult<ClockifyFlowAction> & { id: string } {
  const path = at("actions", index);
  const raw = isObject(input) ? input : {};
  const id = typeof raw.id === "string" ? raw.id : defaultId(index);
  const parsed = actionSchema.safeParse(input);
  if (!parsed.success) return { raw, id, faults: faultsOf(parsed.error, path) };
  const action = parsed.data;
  const faults: Fault[] = [];
  const twice = (key: string, other: string) =>
    faults.push({ path: at(path, key), message: `cannot be combined with ${other}: give one of them` });
  if (action.params) {
    for (const key of ["path_params", "query_params", "body"] as const) if (key in action) twice(key, "params");
  }
  if (action.retry && action.retryPolicy) twice("retryPolicy", "retry");
  const retry = action.retry ?? action.retryPolicy;
  const body = action.params ? action.params.body : action.body;
  const value: ClockifyFlowAction = {
    id,
    type: "clockify",
    operation_id: action.operation_id,
    ...(action.as_user === undefined ? {} : { as_user: action.as_user }),
    path_params: action.params?.path ?? action.path_params ?? {},
    query_params: action.params?.query ?? action.query_params ?? {},
    ...(body === undefined ? {} : { body }),
    ...(action.replace ? { replace: true } : {}),
    ...(retry ? { retry: retryOf(retry) } : {}),
    on_uncertain: action.on_uncertain ?? "retry",
  };
  if (value.retry && value.retry.max_delay_ms < value.retry.initial_delay_ms) {
    faults.push({ path: `${path}.retry.max_delay_ms`, message: "must be at least initial_delay_ms" });
  }
  return faults.length > 0 ? { raw, id, faults } : { raw, id, value, faults };
}

/** Id of the action at `index`, which states none. */
export function defaultId(index: number): string {
  return `action_${index + 1}`;
}

/** A retry policy with what it leaves out filled in. */
export function retryOf(given: z.infer<typeof retrySchema>): FlowRetry {
  const initial = given.initial_delay_ms ?? Math.min(DEFAULT_RETRY.initialDelayMs, given.max_delay_ms ?? Infinity);
  return {
    max_attempts: given.max_attempts ?? DEFAULT_RETRY.maxAttempts,
    initial_delay_ms: initial,
    max_delay_ms: given.max_delay_ms ?? Math.max(DEFAULT_RETRY.maxDelayMs, initial),
    multiplier: given.multiplier ?? DEFAULT_RETRY.multiplier,
  };
}

/** What zod found below `base`, in our words; `actionKeys` are the names known there. */
export function faultsOf(error: z.ZodError, base: string, actionKeys: string[] = KEYS.action): Fault[] {
  return error.issues.flatMap((issue): Fault[] => {
    const path = issue.path.reduce<string>((way, key) => at(way, key as string | number), base);
    if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
    const known = knownKeys(base, { place: issue.path[0], actionKeys });
    return issue.keys.map((key) => ({ path: at(path, key), message: unknownName(key, known) }));
  });
}

function knownKeys(
  base: string,
  { place, actionKeys }: { place: PropertyKey | undefined; actionKeys: string[] },
): string[] {
  if (base === "") return KEYS.flow;
  if (place === "params") return KEYS.params;
  return place === undefined ? actionKeys : KEYS.retry;
}

export function message(error: string): { error: string } {
  return { error };
}
