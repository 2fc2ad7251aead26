/** Parses a flow as it is given: the documented JSON, checked as a whole and with every fault at once. */

import { isDeepStrictEqual } from "node:util";
import type { Condition } from "../../engine/condition.ts";
import { type ConditionOptions, parseCondition } from "../../engine/condition_shape.ts";
import { at, type Fault, isObject } from "../../engine/faults.ts";
import { AppError } from "../../base/errors.ts";
import type { FlowAction, FlowDefinition } from "../shape/definition.ts";
import { ruleDoubts, waitDoubts } from "./doubts.ts";
import { fieldTypes } from "./field_types.ts";
import { controlResult, type ResultShape } from "./results.ts";
import { maskFaults, sealedFaults } from "../secrets.ts";
import { seenBy, seenFirst } from "./seen.ts";
import { eventOfSource, flowShape } from "../shape/flow.ts";
import { besides } from "../shape/mend.ts";
import type { ShapeDeps } from "../shape/parts.ts";
import { everyShape, stepOf, type StepShape, stepShapes } from "../shape/step_lists.ts";
import { checkStep } from "./step_checks.ts";
import { MAX_STEP_RULES } from "../shape/step_limits.ts";
import { isAction, stepKind } from "../shape/steps.ts";
import { conditionFaults } from "./validate.ts";

export interface ParseFlowDeps extends ShapeDeps {
  /** What is wrong with the action's operation and parameters; paths are relative to the action, as in "path_params.id". */
  checkAction(action: FlowAction): Fault[];
  /** What may go wrong with an action that can be saved. */
  warnAction?(action: FlowAction): Fault[];
  /** What the action's result is, where that is known. */
  resultOf?(action: FlowAction): ResultShape | undefined;
  /**
   * The flow as it is stored, where this is a change of it: a flow that is off keeps conditions whose values cannot be read
   * as their fields are typed, so that it can be switched off and renamed.
   */
  stored?: FlowDefinition;
  /** Milliseconds since the epoch, for what is past already when the flow is saved. */
  now?(): number;
}

/** More are not listed: they would fill the answer without helping its reader. */
const MAX_FAULTS = 200;
/** In all steps together: 40 each for 50 of them. Each is read on save and evaluated in every run. */
const MAX_EXPRESSIONS = 2_000;
/** What an answer adds to a definition; a client that sends the whole answer back means the definition. */
const ADDED_BY_ANSWERS = ["id", "version", "created_at", "updated_at", "stats", "schedules", "warnings"];

/** The flow, or everything that is wrong with it. Never throws, whatever the input. */
export function parseFlow(
  input: unknown,
  deps: ParseFlowDeps,
): { ok: true; flow: FlowDefinition; warnings: Fault[] } | { ok: false; faults: Fault[] } {
  const { faults, warnings, outer, steps } = readFlow(input, deps);
  if (faults.length > 0 || !outer) return { ok: false, faults };
  return { ok: true, flow: { ...outer, actions: steps.map((step) => stepOf(step)!) }, warnings };
}

/** What can be read of a flow, also where it has faults. */
export interface FlowReading {
  /** At most MAX_FAULTS. */
  faults: Fault[];
  /** What may go wrong when it runs, and does not keep it from being saved; at most MAX_FAULTS. */
  warnings: Fault[];
  /** The flow's own fields, when their shape is right. */
  outer?: Omit<FlowDefinition, "actions">;
  /** Each step, as far as it can be read. */
  steps: StepShape[];
}

/** As `parseFlow`, with what can be read of a flow that has faults. Never throws. */
export function readFlow(input: unknown, deps: ParseFlowDeps): FlowReading {
  const shape = flowShape(input);
  const faults: Fault[] = [...shape.faults];
  const raw = isObject(input) ? input : {};
  const rawActions = Array.isArray(raw.actions) && shape.actionsFit ? raw.actions : [];
  const { steps, faults: ofAll } = stepShapes(rawActions, { deps, enabled: raw.enabled !== false });
  const all = [...everyShape(steps)];
  const ids = new Set(all.map(({ id }) => id));
  const read = conditionFaults(raw.conditions, {
    path: "conditions",
    options: conditionOptions(raw, deps),
    namable: { seen: seenFirst(steps), ids },
    when: "conditions are evaluated before the first action",
  });
  faults.push(...eventFaults(raw, deps), ...read.faults, ...sealedFaults(raw, ""), ...ofAll);
  for (const step of all) faults.push(...step.faults);
  faults.push(...idFaults(all));
  const warnings: Fault[] = read.condition ? ruleDoubts(read.condition) : [];
  const found = checkSteps(steps, { raw, deps, ids });
  faults.push(...found.faults);
  warnings.push(...found.warnings);
  return {
    faults: faults.slice(0, MAX_FAULTS),
    warnings: warnings.slice(0, MAX_FAULTS),
    outer: shape.value,
    steps,
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
  if (!isObject(definition)) return { first: true };
  const { trigger_event_types: types, trigger_source: source, conditions, enabled } = definition;
  const events = Array.isArray(types) ? types.filter((type) => typeof type === "string") : [];
  return {
    typeOf: fieldTypes(events.map((type) => eventOfSource(type, source))),
    first: true,
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
    const meant = source === "CUSTOM" ? undefined : newName(event, knownEvent);
    if (meant) return [{ path, message: `is not an event that Clockify sends; did you mean "${meant}"?` }];
    const expected = source === "CUSTOM" ? "the name of a custom source" : "an event that Clockify sends";
    return [{ path, message: `is not ${expected}, as in ${source === "CUSTOM" ? "my-shop" : "NEW_TIME_ENTRY"}` }];
  });
}

/** What older documents call TIME_ENTRY_CREATED; the name that is nearest by its letters would be TIME_ENTRY_UPDATED. */
function newName(type: string, knownEvent: (type: string) => boolean): string | undefined {
  const name = `NEW_${type.replace(/_CREATED$/, "")}`;
  return knownEvent(name) ? name : undefined;
}

function idFaults(steps: readonly StepShape[]): Fault[] {
  const first = new Map<string, string>();
  return steps.flatMap(({ id, place }) => {
    const other = first.get(id);
    if (other === undefined) first.set(id, place);
    return other === undefined ? [] : [{
      path: `${place}.id`,
      message: `"${id}" is the id of ${other} too: ids must differ`,
    }];
  });
}

/** What is wrong with what the steps hold, and what may go wrong with it. */
function checkSteps(
  steps: readonly StepShape[],
  { raw, deps, ids }: { raw: Record<string, unknown>; deps: ParseFlowDeps; ids: ReadonlySet<string> },
): { faults: Fault[]; warnings: Fault[] } {
  const faults: Fault[] = [];
  const warnings: Fault[] = [];
  const seen = seenBy(steps);
  const shapes = new Map<string, ResultShape | undefined>();
  for (const step of everyShape(steps)) shapes.set(step.id, resultShape(step, deps));
  const types = conditionOptions(raw).typeOf;
  let [expressions, rules] = [0, 0];
  for (const [index, top] of steps.entries()) {
    const isKept = isAsStored(raw, { step: top, index, deps });
    for (const step of everyShape([top])) {
      // Enough to refuse it: what else is wrong is said once these are mended.
      if (faults.length >= MAX_FAULTS || rules > MAX_STEP_RULES) break;
      const found = checkStep(step, {
        ...seen.get(step)!,
        ids,
        shapeOf: (id) => shapes.get(id),
        optionsOf: ({ events }) => ({ typeOf: events ? fieldTypes(events) : types, stored: isKept }),
        isKept,
      });
      faults.push(...found.faults);
      warnings.push(...found.warnings);
      if (!isKept) {
        expressions += found.expressions;
        rules += found.rules;
      }
      if (deps.now) warnings.push(...waitDoubts(step, deps.now()));
      const { own = step.mended, place } = step;
      if (!own || !isAction(own)) continue;
      const below = (fault: Fault) => ({ ...fault, path: fault.path === "" ? place : `${place}.${fault.path}` });
      if (own.type === "http") faults.push(...maskFaults(own).map(below));
      (isKept ? warnings : faults).push(...besides(step.own ? [] : step.faults, deps.checkAction(own).map(below)));
      warnings.push(...(deps.warnAction?.(own) ?? []).map(below));
    }
  }
  if (expressions > MAX_EXPRESSIONS) {
    faults.push({
      path: "actions",
      message:
        `hold ${expressions} expressions, at most ${MAX_EXPRESSIONS} are supported in a flow: give whole objects, ` +
        'as in "$.webhook.project", in place of field by field, or make it several flows',
    });
  }
  if (rules > MAX_STEP_RULES) {
    faults.push({
      path: "actions",
      message: `have ${rules} rules in their conditions, at most ${MAX_STEP_RULES} are supported in a flow`,
    });
  }
  return { faults, warnings };
}

function resultShape({ own, raw }: StepShape, deps: ParseFlowDeps): ResultShape | undefined {
  return own && isAction(own) ? deps.resultOf?.(own) : controlResult(stepKind(raw));
}

/** A step of a stored flow that comes as it was, in a flow that is off: it can be switched off and renamed. */
function isAsStored(
  raw: Record<string, unknown>,
  { step, index, deps: { stored } }: { step: StepShape; index: number; deps: ParseFlowDeps },
): boolean {
  if (raw.enabled !== false || stored === undefined) return false;
  const value = stepOf(step);
  return value !== undefined && isDeepStrictEqual(stored.actions[index], value);
}
