/** A flow becomes a plan: its actions one after another. */

import { type ActionStep, DEFAULT_RETRY, type Plan, type RetryPolicy } from "../engine/plan.ts";
import type { FlowAction, FlowDefinition, FlowRetry } from "./definition.ts";

/** The plan of a checked flow; each step has the id of its action. */
export function toPlan(flow: FlowDefinition): Plan {
  return { schema: 1, root: { kind: "sequence", id: "root", steps: flow.actions.map(toStep) } };
}

function toStep(
  { id, type, operation_id, path_params, query_params, body, retry, on_uncertain }: FlowAction,
): ActionStep {
  return {
    kind: "action",
    id,
    action: type,
    input: { operation_id, path_params, query_params, ...(body === undefined ? {} : { body }) },
    retry: retry ? toRetry(retry) : DEFAULT_RETRY,
    onUncertain: on_uncertain,
  };
}

function toRetry(retry: FlowRetry): RetryPolicy {
  return {
    maxAttempts: retry.max_attempts,
    initialDelayMs: retry.initial_delay_ms,
    maxDelayMs: retry.max_delay_ms,
    multiplier: retry.multiplier,
  };
}
