/** A flow becomes a plan: its steps one after another, each with those that it holds. */

import { literalNulls } from "../../clockify/literal_nulls.ts";
import { parseCondition } from "../../engine/condition_shape.ts";
import type { Path } from "../../engine/path.ts";
import {
  type ActionStep,
  type ControlStep,
  DEFAULT_RETRY,
  type Plan,
  type PlanCondition,
  planOf,
  type PlanStep,
  type RetryPolicy,
  type Template,
} from "../../engine/plan.ts";
import { setOwn } from "../../engine/scope.ts";
import type { ValueType } from "../../engine/value_type.ts";
import type {
  ClockifyFlowAction,
  FlowAction,
  FlowControl,
  FlowDefinition,
  FlowRetry,
  FlowStep,
  HttpFlowAction,
} from "../shape/definition.ts";
import { fieldTypes } from "./field_types.ts";
import { withoutTemplates } from "./step_checks.ts";
import { isAction } from "../shape/steps.ts";
import { rulesOf } from "./validate.ts";

/** The plan of a checked flow; each step has the id of that of the flow. */
export function toPlan(flow: FlowDefinition): Plan {
  const planning: Planning = { types: fieldTypes(flow.trigger_event_types) };
  return planOf(toSteps(flow.actions, planning));
}

interface Planning {
  /** Of the fields of the flow's events. */
  types(path: Path): ValueType | undefined;
}

/** The step that the action becomes. */
export function toStep(action: FlowAction): ActionStep {
  const { id, type, retry, try_time_limit_ms, on_uncertain } = action;
  return {
    kind: "action",
    id,
    action: type,
    input: inputOf(action),
    retry: retry ? toRetry(retry) : DEFAULT_RETRY,
    ...(try_time_limit_ms !== undefined && { tryTimeLimitMs: try_time_limit_ms }),
    onUncertain: on_uncertain,
  };
}

function toSteps(steps: readonly FlowStep[], planning: Planning): PlanStep[] {
  return steps.map((step) => isAction(step) ? toStep(step) : toControl(step, planning));
}

function toControl(step: FlowControl, planning: Planning): ControlStep {
  const { id } = step;
  const below = (steps: readonly FlowStep[]) => toSteps(steps, planning);
  switch (step.kind) {
    case "branch":
      return {
        kind: "branch",
        id,
        ...(step.on !== undefined && { on: step.on }),
        cases: step.cases.map(({ name, if: condition, equals, actions }) => ({
          ...(name !== undefined && { name }),
          ...(condition !== undefined && { if: toCondition(condition, planning.types) }),
          ...(equals && { equals }),
          steps: below(actions),
        })),
        otherwise: below(step.otherwise),
      };
    case "parallel":
      return {
        kind: "parallel",
        id,
        branches: step.branches.map(({ actions }) => below(actions)),
        join: typeof step.join === "string" ? step.join : { atLeast: step.join.at_least },
        ...(step.time_limit_ms !== undefined && { timeLimitMs: step.time_limit_ms }),
      };
    case "loop":
      return {
        kind: "loop",
        id,
        ...(step.over !== undefined && { over: step.over }),
        ...(step.while !== undefined && { while: toCondition(step.while, planning.types) }),
        maxItems: step.max_items,
        atOnce: step.at_once,
        onError: step.on_error,
        steps: below(step.actions),
      };
    case "wait":
      return {
        kind: "wait",
        id,
        ...(step.for !== undefined && { for: step.for }),
        ...(step.until !== undefined && { until: step.until }),
        ...(step.zone !== undefined && { zone: step.zone }),
        ...(step.event && {
          event: {
            types: step.event.event_types,
            condition: toCondition(step.event.conditions, fieldTypes(step.event.event_types)),
          },
        }),
        ...(step.deadline !== undefined && { deadline: step.deadline }),
        ...(step.expired && { expired: below(step.expired) }),
      };
    case "approval":
      return {
        kind: "approval",
        id,
        people: step.people,
        roles: step.roles,
        note: step.note ?? "",
        ...(step.deadline !== undefined && { deadline: step.deadline }),
        ask: below(step.ask),
        ...(step.remind && { remind: { after: step.remind.after, steps: below(step.remind.actions) } }),
        approved: below(step.approved),
        ...(step.rejected && { rejected: below(step.rejected) }),
        ...(step.expired && { expired: below(step.expired) }),
      };
    case "try":
      return {
        kind: "try",
        id,
        steps: below(step.actions),
        ...(step.on_error && { onError: below(step.on_error) }),
        finally: below(step.finally),
      };
    case "end":
      return {
        kind: "end",
        id,
        outcome: step.outcome,
        ...(step.message !== undefined && { message: step.message }),
        ...(step.output !== undefined && { output: step.output }),
      };
  }
}

/** The types that its fields have now stay with the condition; where an event changes a field's type later, runs keep theirs. */
function toCondition(written: unknown, typeOf: Planning["types"]): PlanCondition {
  const rules = written ?? null;
  const { condition } = parseCondition(withoutTemplates(rules), "", { typeOf, stored: true });
  const types: Record<string, ValueType> = {};
  for (const { field, path } of condition ? rulesOf(condition) : []) {
    const type = typeOf(path);
    if (type !== undefined) setOwn(types, field, type);
  }
  return { rules, ...(Object.keys(types).length > 0 && { types }) };
}

/** What the action is handed, by the name of its type. */
function inputOf(action: FlowAction): Template {
  switch (action.type) {
    case "clockify":
      return clockifyInput(action);
    case "http":
      return httpInput(action);
    case "transform":
      return { output: action.output };
    case "variables":
      return { set: action.set };
    case "emit_event":
      return { event: action.event, ...(action.body === undefined ? {} : { body: action.body }) };
    case "run_flow":
      return {
        flow_id: action.flow_id,
        ...(action.input === undefined ? {} : { input: action.input }),
        wait: action.wait,
      };
  }
}

function clockifyInput({ operation_id, as_user, path_params, query_params, body, replace }: ClockifyFlowAction) {
  const nulls = replace ? [] : literalNulls(body);
  return {
    operation_id,
    // Inside an object: a missing path is left out of what surrounds it, and a call whose user is missing must fail
    // instead of being made with the add-on's own rights.
    ...(as_user === undefined ? {} : { as_user: { id: as_user } }),
    path_params,
    query_params,
    ...(body === undefined ? {} : { body }),
    ...(replace ? { replace } : {}),
    // A null that an expression gives looks the same once it is resolved.
    ...(nulls.length === 0 ? {} : { nulls }),
  };
}

function httpInput({ method, url, headers, query, body, timeout_ms }: HttpFlowAction) {
  return { method, url, headers, query, ...(body === undefined ? {} : { body }), timeout_ms };
}

function toRetry(retry: FlowRetry): RetryPolicy {
  return {
    maxAttempts: retry.max_attempts,
    initialDelayMs: retry.initial_delay_ms,
    maxDelayMs: retry.max_delay_ms,
    multiplier: retry.multiplier,
    ...(retry.backoff && { form: retry.backoff }),
    ...(retry.jitter !== undefined && { jitter: retry.jitter }),
    ...(retry.statuses && { statuses: retry.statuses }),
    ...(retry.time_limit_ms !== undefined && { timeLimitMs: retry.time_limit_ms }),
  };
}
