/** Parses a flow as it is given: the documented JSON, checked as a whole and with every fault at once. */

import { isDeepStrictEqual } from "node:util";
import type { Condition } from "../engine/condition.ts";
import { type ConditionOptions, parseCondition } from "../engine/condition_shape.ts";
import { at, type Fault, isObject } from "../engine/faults.ts";
import { expressionCount } from "../engine/mapping.ts";
import type { RetryPolicy } from "../engine/plan.ts";
import { AppError } from "../base/errors.ts";
import type { FlowAction, FlowDefinition } from "./definition.ts";
import { ruleDoubts } from "./doubts.ts";
import { fieldTypes } from "./field_types.ts";
import { resultFaults, type ResultShape } from "./results.ts";
import { maskFaults, sealedFaults } from "./secrets.ts";
import { actionShape, eventOfSource, flowShape, type ShapeResult } from "./shape.ts";
import { httpActionShape, isHttpAction } from "./shape_http.ts";
import { conditionFaults, referenceFaults, templateFaults } from "./validate.ts";

export interface ParseFlowDeps {
  knownEvent(type: string): boolean;
  /** What is wrong with the action's operation and parameters; paths are relative to the action, as in "path_params.id". */
  checkAction(action: FlowAction): Fault[];
  /** What may go wrong with an action that can be saved. */
  warnAction?(action: FlowAction): Fault[];
  /** What the action's result is, where that is known. */
  resultOf?(action: FlowAction): ResultShape | undefined;
  /** True where the workspace lets flows call other systems; without it actions of type "http" are refused. */
  genericHttp?: boolean;
  /** Retry policy of http actions that state none; DEFAULT_RETRY when absent. */
  httpRetry?: RetryPolicy;
  /**
   * The flow as it is stored, where this is a change of it: a flow that is off keeps conditions whose values cannot be read
   * as their fields are typed, so that it can be switched off and renamed.
   */
  stored?: FlowDefinition;
}

/** More are not listed: they would fill the answer without helping its reader. */
const MAX_FAULTS = 200;
/** In all actions together: 40 each for 50 of them. Each is read on save and evaluated in every run. */
const MAX_EXPRESSIONS = 2_000;
/** What an answer adds to a definition; a client that sends the whole answer back means the definition. */
const ADDED_BY_ANSWERS = ["id", "version", "created_at", "updated_at", "stats", "warnings"];

/** The flow, or everything that is wrong with it. Never throws, whatever the input. */
export function parseFlow(
  input: unknown,
  deps: ParseFlowDeps,
): { ok: true; flow: FlowDefinition; warnings: Fault[] } | { ok: false; faults: Fault[] } {
  const { faults, warnings, outer, actions } = readFlow(input, deps);
  if (faults.length > 0 || !outer) return { ok: false, faults };
  return { ok: true, flow: { ...outer, actions: actions.map(({ value }) => value!) }, warnings };
}

/** What can be read of a flow, also where it has faults. */
export interface FlowReading {
  /** At most MAX_FAULTS. */
  faults: Fault[];
  /** What may go wrong when it runs, and does not keep it from being saved; at most MAX_FAULTS. */
  warnings: Fault[];
  /** The flow's own fields, when their shape is right. */
  outer?: Omit<FlowDefinition, "actions">;
  /** Each action; `value` is there when its shape is right. */
  actions: ActionShape[];
}

/** As `parseFlow`, with what can be read of a flow that has faults. Never throws. */
export function readFlow(input: unknown, deps: ParseFlowDeps): FlowReading {
  const shape = flowShape(input);
  const faults: Fault[] = [...shape.faults];
  const raw = isObject(input) ? input : {};
  const read = conditionFaults(raw.conditions, conditionOptions(raw, deps));
  faults.push(...eventFaults(raw, deps), ...read.faults, ...sealedFaults(raw, ""));
  const rawActions = Array.isArray(raw.actions) && shape.actionsFit ? raw.actions : [];
  const actions = rawActions.map((each, index) =>
    isHttpAction(each)
      ? httpActionShape(each, { index, deps, enabled: raw.enabled !== false })
      : actionShape(each, index)
  );
  actions.forEach((action) => faults.push(...action.faults));
  faults.push(...idFaults(actions));
  const ids = actions.map(({ id }) => id);
  const shapes = actions.map(({ value }) => value && deps.resultOf?.(value));
  const warnings: Fault[] = read.condition ? ruleDoubts(read.condition) : [];
  let expressions = 0;
  actions.forEach((action, index) => {
    const kept = isKept(raw, { action, index, deps });
    const found = actionFaults(action, { index, ids, shapes, deps, isKept: kept });
    faults.push(...found.faults);
    warnings.push(...found.warnings);
    if (!kept) expressions += found.expressions;
  });
  if (expressions > MAX_EXPRESSIONS) {
    faults.push({
      path: "actions",
      message:
        `hold ${expressions} expressions, at most ${MAX_EXPRESSIONS} are supported in a flow: give whole objects, ` +
        'as in "$.webhook.project", in place of field by field, or make it several flows',
    });
  }
  return {
    faults: faults.slice(0, MAX_FAULTS),
    warnings: warnings.slice(0, MAX_FAULTS),
    outer: shape.value,
    actions,
  };
}

/** `patch` laid over the flow, key by key: what `parseFlow` takes next. A patch that is no object comes back as it is. */
export function mergeFlow(existing: FlowDefinition, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  return { ...existing, ...withoutAnswerFields(patch) };
}

/** The definition in what an answer of ours holds. */
export function withoutAnswerFields(answer: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(answer).filter(([key]) => !ADDED_BY_ANSWERS.includes(key)));
}

/** How the conditions of a definition, as given or stored, are read: by the types of the fields of its events. */
export function conditionOptions(
  definition: unknown,
  { stored }: Pick<ParseFlowDeps, "stored"> = {},
): ConditionOptions {
  if (!isObject(definition)) return {};
  const { trigger_event_types: types, trigger_source: source, conditions, enabled } = definition;
  const events = Array.isArray(types) ? types.filter((type) => typeof type === "string") : [];
  return {
    typeOf: fieldTypes(events.map((type) => eventOfSource(type, source))),
    stored: stored !== undefined && enabled === false &&
      JSON.stringify(conditions ?? null) === JSON.stringify(stored.conditions ?? null),
  };
}

/** Steps of work for `compileCondition`, and for each of its rules: some 0.5 ms for 20. */
export const COMPILING_STEPS = 500;
export const STEPS_PER_RULE = 500;

/** The condition of a stored definition. Throws FLOW_INVALID when it is none that this version takes. */
export function compileCondition(definition: unknown): Condition {
  const { condition, faults } = parseCondition(
    isObject(definition) ? definition.conditions : undefined,
    "conditions",
    { ...conditionOptions(definition), stored: true },
  );
  if (condition) return condition;
  throw new AppError("FLOW_INVALID", `Cannot read the stored flow: ${faults[0]!.path} ${faults[0]!.message}`, {
    details: { faults },
  });
}

export type ActionShape = ShapeResult<FlowAction> & { id: string };

function eventFaults(
  { trigger_event_types: types, trigger_source: source }: Record<string, unknown>,
  { knownEvent }: ParseFlowDeps,
): Fault[] {
  if (!Array.isArray(types)) return [];
  return types.flatMap((type, index) => {
    if (typeof type !== "string") return [];
    const path = at("trigger_event_types", index);
    const event = eventOfSource(type, source);
    if (source === "CLOCKIFY" && event.startsWith("custom:")) {
      return [{ path, message: 'is an event of another system: trigger_source must be "CUSTOM"' }];
    }
    // Under CUSTOM every name has the prefix, so that none of Clockify's passes.
    if (knownEvent(event)) return [];
    const expected = source === "CUSTOM" ? "the name of a custom source" : "an event that Clockify sends";
    return [{ path, message: `is not ${expected}, as in ${source === "CUSTOM" ? "my-shop" : "NEW_TIME_ENTRY"}` }];
  });
}

function idFaults(actions: ActionShape[]): Fault[] {
  return actions.flatMap(({ id }, index) => {
    const first = actions.findIndex((other) => other.id === id);
    if (first === index) return [];
    return [{ path: `actions[${index}].id`, message: `"${id}" is the id of actions[${first}] too: ids must differ` }];
  });
}

/** An action of a stored flow that comes as it was, in a flow that is off: it can be switched off and renamed. */
function isKept(
  raw: Record<string, unknown>,
  { action: { value }, index, deps: { stored } }: { action: ActionShape; index: number; deps: ParseFlowDeps },
): boolean {
  return raw.enabled === false && value !== undefined && stored !== undefined &&
    isDeepStrictEqual(stored.actions[index], value);
}

function actionFaults(
  { raw, value }: ActionShape,
  { index, ids, shapes, deps, isKept }: {
    index: number;
    ids: string[];
    shapes: (ResultShape | undefined)[];
    deps: ParseFlowDeps;
    /** What is known today would be a fault of what was saved before: it is said, and does not hold the flow. */
    isKept: boolean;
  },
): { faults: Fault[]; warnings: Fault[]; expressions: number } {
  const path = at("actions", index);
  const below = (fault: Fault) => ({ ...fault, path: fault.path === "" ? path : `${path}.${fault.path}` });
  const { templates, faults } = templateFaults(raw, path);
  const warnings: Fault[] = [];
  // Ids of the actions before; a name of a later one is a fault of its own.
  const earlier = { ids: ids.slice(0, index), shapes: shapes.slice(0, index) };
  for (const template of templates) {
    faults.push(...referenceFaults(template, { index, ids }));
    const results = resultFaults(template, earlier);
    (isKept ? warnings : faults).push(...results.faults);
    warnings.push(...results.warnings);
  }
  if (value) {
    const masks = value.type === "http" ? maskFaults(value) : [];
    faults.push(...masks.map(below));
    (isKept ? warnings : faults).push(...deps.checkAction(value).map(below));
    warnings.push(...(deps.warnAction?.(value) ?? []).map(below));
  }
  return { faults, warnings, expressions: templates.reduce((sum, template) => sum + expressionCount(template), 0) };
}
