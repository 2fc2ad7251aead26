/** A flow becomes a plan: its actions one after another. */

import { literalNulls } from "../clockify/literal_nulls.ts";
import { type ActionStep, DEFAULT_RETRY, type Plan, type RetryPolicy } from "../engine/plan.ts";
import type { ClockifyFlowAction, FlowAction, FlowDefinition, FlowRetry, HttpFlowAction } from "./definition.ts";

/** The plan of a checked flow; each step has the id of its action. */
export function toPlan(flow: FlowDefinition): Plan {
  return { schema: 1, root: { kind: "sequence", id: "root", steps: flow.actions.map(toStep) } };
}

/** The step that the action becomes. */
export function toStep(action: FlowAction): ActionStep {
  const { id, type, retry, on_uncertain } = action;
  return {
    kind: "action",
    id,
    action: type,
    input: action.type === "http" ? httpInput(action) : clockifyInput(action),
    retry: retry ? toRetry(retry) : DEFAULT_RETRY,
    onUncertain: on_uncertain,
  };
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
  };
}
