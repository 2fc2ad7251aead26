/** One run as JSON: its steps with their attempts, its flow as it ran, and whether it can be retried. */

import type { Catalogue } from "../../clockify/operations.ts";
import { idempotencyKey } from "../../engine/step_path.ts";
import { subjectOf } from "../../events/subject.ts";
import type { FlowDefinition } from "../../flows/shape/definition.ts";
import { hideFlowSecrets } from "../../flows/secrets.ts";
import { stepName, stepTitle } from "../../flows/vocabulary/step_name.ts";
import type { AgainLink, RunAttempt, RunDetail, RunStep } from "../../runs/inspect.ts";
import type { RetryPlan } from "../../runs/retry_plan.ts";
import { retryRefusal } from "../../runs/retry.ts";
import { type RunView, shownOutput } from "./run_view.ts";

export interface DetailOptions {
  view: RunView;
  /** Members may not retry a run. */
  mayRetry: boolean;
  catalogue: Catalogue;
}

/** What GET /ui/runs/{id} answers beside the row of the list. */
export function runDetailJson(detail: RunDetail, { view, mayRetry, catalogue }: DetailOptions) {
  const { run, event, flow } = detail;
  const refusal = mayRetry
    ? retryRefusal({ state: run.state, hasEvent: run.eventId === null || event !== null })
    : "only owners and admins of the workspace may";
  return {
    event: event && {
      id: String(event.id),
      event_type: event.eventType,
      received_at: event.receivedAt.toISOString(),
      subject: subjectOf(event, { redacted: view.redacted }),
    },
    flow: {
      id: String(run.flowId),
      name: run.flowName,
      version: run.flowVersion,
      current_version: flow.currentVersion,
      enabled: flow.enabled,
    },
    queued_ms: queuedMs(detail),
    definition: flow.definition && definitionJson(flow.definition),
    can_retry: refusal === undefined,
    retry_reason: refusal === undefined ? null : `Cannot retry: ${refusal}`,
    next_attempt_at: detail.nextAttemptAt?.toISOString() ?? null,
    waiting_reason: view.showText(detail.waitingReason),
    input: detail.input ? view.show(detail.input.value) ?? null : null,
    input_truncated: detail.input?.isCut ?? false,
    output: detail.output ? view.show(detail.output.value) ?? null : null,
    output_truncated: detail.output?.isCut ?? false,
    end_message: view.showText(detail.endMessage),
    again_of: detail.againOf && againJson(detail.againOf),
    again_by: detail.againBy.map(againJson),
    steps: detail.steps.map((step, index) => ({
      number: index + 1,
      name: stepName(step.plan, catalogue),
      title: stepTitle(step.plan, catalogue),
      idempotency_key: idempotencyKey(run.id, step.path, step.keyPlanId),
      ...stepJson(step, view),
    })),
  };
}

/** What a retry would do; `from_step` null: no step is left, and the run completes. */
export function retryJson({ version, kept, fromStep, refusal }: RetryPlan) {
  return { version, kept, from_step: fromStep, ...(refusal && { refusal: refusal.text }) };
}

/** From the event's arrival, or from when a person asked for the run, to its start. */
function queuedMs({ run: { replay, createdAt, startedAt }, event }: RunDetail): number | null {
  const since = replay > 0 ? createdAt : event?.receivedAt;
  return since && startedAt ? Math.max(0, startedAt.getTime() - since.getTime()) : null;
}

function againJson({ runId, from }: AgainLink) {
  return { run_id: runId, from };
}

function definitionJson(definition: FlowDefinition) {
  const { name, trigger_event_types, conditions, actions } = hideFlowSecrets(definition);
  return { name, trigger_event_types, conditions, actions };
}

function stepJson({ plan, path, state, startedAt, finishedAt, attempts, ...step }: RunStep, view: RunView) {
  const output = shownOutput(step, view);
  const sent = attempts.findLast(({ request }) => request !== null);
  return {
    id: plan.id,
    path,
    action: plan.action,
    state,
    taken_over: step.takenOver,
    started_at: startedAt?.toISOString() ?? null,
    finished_at: finishedAt?.toISOString() ?? null,
    input: sent ? view.show(sent.request) : null,
    output: output.value,
    output_truncated: output.cut,
    output_bytes: step.outputBytes,
    error: errorJson(step, view),
    attempts: attempts.map((one) => attemptJson(one, view)),
  };
}

function attemptJson({ number, state, startedAt, finishedAt, httpStatus, request, ...end }: RunAttempt, view: RunView) {
  return {
    number,
    state,
    started_at: startedAt.toISOString(),
    finished_at: finishedAt?.toISOString() ?? null,
    http_status: httpStatus,
    error: errorJson(end, view),
    request: view.show(request),
  };
}

function errorJson(
  { errorCode, errorMessage }: { errorCode: string | null; errorMessage: string | null },
  { showText }: RunView,
) {
  return errorCode === null ? null : { code: errorCode, message: showText(errorMessage) };
}
