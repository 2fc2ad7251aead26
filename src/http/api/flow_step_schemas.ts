/** Schemas of the steps of flows as they are stored and answered, with their defaults filled in. */

import { z } from "zod";
import { BACKOFF_FORMS } from "../../base/backoff.ts";
import { HTTP_METHODS } from "../../actions/http_request.ts";
import type { FlowStep } from "../../flows/shape/definition.ts";
import { APPROVAL_ROLES } from "../../flows/shape/approval.ts";
import { condition } from "./condition_schemas.ts";
import { anyJson } from "./schemas.ts";

export const values = z.record(z.string(), anyJson);

export const retry = z.object({
  max_attempts: z.int().min(1).max(20),
  initial_delay_ms: z.int(),
  max_delay_ms: z.int(),
  multiplier: z.number(),
  backoff: z.enum(BACKOFF_FORMS).optional().meta({ description: "Absent: exponential" }),
  jitter: z.boolean().optional().meta({
    description: "Delays are random, up to the backoff; absent: true, but for a backoff that is fixed or linear",
  }),
  statuses: z.array(z.int().min(400).max(599)).optional().meta({
    description: "Of the answers that failed these alone are retried; absent: 5xx, and what the connection lost",
  }),
  time_limit_ms: z.int().optional().meta({ description: "No attempt begins later, from the first one on" }),
}).meta({ id: "Retry" });

export const tryTimeLimit = z.int().min(100).max(300_000).optional().meta({
  description: "One attempt is aborted after it, and has failed",
});

const everyAction = {
  id: z.string().meta({ example: "add_tag" }),
  retry: retry.optional(),
  try_time_limit_ms: tryTimeLimit,
  on_uncertain: z.enum(["retry", "stop"])
    .meta({ description: "What happens after an attempt that was sent and whose answer was never recorded" }),
};

const clockifyAction = z.object({
  ...everyAction,
  type: z.literal("clockify"),
  operation_id: z.string().meta({ description: "operationId or METHOD /path", example: "updateTimeEntry" }),
  as_user: z.string().optional().meta({ description: "Id of the user whose rights the call has" }),
  path_params: values,
  query_params: values,
  body: anyJson.optional(),
  replace: z.boolean().optional().meta({ description: "true: the body is the whole object, without a read before" }),
}).meta({ id: "ClockifyAction" });

const httpAction = z.object({
  ...everyAction,
  type: z.literal("http"),
  method: z.enum(HTTP_METHODS),
  url: z.string(),
  headers: values,
  query: values,
  body: anyJson.optional(),
  timeout_ms: z.int(),
}).meta({ id: "HttpAction" });

const transformAction = z.object({
  ...everyAction,
  type: z.literal("transform"),
  output: anyJson.meta({ description: "A template: what it comes to is the step's output" }),
}).meta({ id: "TransformAction" });

const variablesAction = z.object({
  ...everyAction,
  type: z.literal("variables"),
  set: values.meta({ description: "Found at $.vars.<name> by the steps behind it" }),
}).meta({ id: "VariablesAction" });

const emitEventAction = z.object({
  ...everyAction,
  type: z.literal("emit_event"),
  event: z.string().meta({ description: "Flows listen for it as flow:<event>", example: "invoice-ready" }),
  body: anyJson.optional(),
}).meta({ id: "EmitEventAction" });

const runFlowAction = z.object({
  ...everyAction,
  type: z.literal("run_flow"),
  flow_id: z.int(),
  input: anyJson.optional(),
  wait: z.boolean().meta({ description: "true: until it is over, and its output is the step's" }),
}).meta({ id: "RunFlowAction" });

export const action = z.discriminatedUnion("type", [
  clockifyAction,
  httpAction,
  transformAction,
  variablesAction,
  emitEventAction,
  runFlowAction,
]).meta({ id: "Action" });

/** A step with all that it holds. */
export const step: z.ZodType<FlowStep> = z.lazy(() =>
  z.union([action, branch, parallel, loop, wait, approval, tried, end])
).meta({ id: "FlowStep", description: "An action, or by its kind a step that holds others, waits or ends the run" });

const steps = z.array(step);

const control = {
  id: z.string().meta({ example: "size" }),
  name: z.string().optional().meta({ description: "What people read in place of a sentence" }),
};

const branch = z.object({
  ...control,
  kind: z.literal("branch"),
  on: anyJson.optional().meta({ description: "A switch: the value that the cases name" }),
  cases: z.array(z.object({
    name: z.string().optional(),
    if: condition.optional(),
    equals: z.array(anyJson).optional(),
    actions: steps,
  })).meta({ description: "The first that fits is taken: each has `if`, or in a switch `equals`" }),
  otherwise: steps,
}).meta({ id: "FlowBranch" });

const parallel = z.object({
  ...control,
  kind: z.literal("parallel"),
  branches: z.array(z.object({ name: z.string().optional(), actions: steps })),
  join: z.union([z.enum(["all", "any", "majority"]), z.object({ at_least: z.int() })])
    .meta({ description: "How many have to complete; the rest is cancelled then" }),
  time_limit_ms: z.int().optional(),
}).meta({ id: "FlowParallel" });

const loop = z.object({
  ...control,
  kind: z.literal("loop"),
  over: anyJson.optional().meta({ description: "A list", example: "$.webhook.tags" }),
  while: condition.optional(),
  max_items: z.int(),
  at_once: z.int(),
  on_error: z.enum(["stop", "continue", "collect"]),
  actions: steps,
}).meta({ id: "FlowLoop" });

const wait = z.object({
  ...control,
  kind: z.literal("wait"),
  for: anyJson.optional().meta({ description: "A span of time", example: "2 h" }),
  until: anyJson.optional().meta({ description: "An instant, or a time on the clock of `zone`" }),
  zone: z.string().optional().meta({ example: "Europe/Berlin" }),
  event: z.object({ event_types: z.array(z.string()), conditions: condition.optional() }).optional(),
  deadline: anyJson.optional(),
  expired: steps.optional(),
}).meta({ id: "FlowWait" });

const approval = z.object({
  ...control,
  kind: z.literal("approval"),
  people: anyJson.meta({ description: "Ids of users" }),
  roles: z.array(z.enum(APPROVAL_ROLES)),
  note: anyJson.optional(),
  deadline: anyJson.optional(),
  ask: steps.meta({ description: "Once it is asked; $.approval.link leads to the answer" }),
  remind: z.object({ after: anyJson, actions: steps }).optional(),
  approved: steps,
  rejected: steps.optional().meta({ description: "Absent: the run is cancelled" }),
  expired: steps.optional().meta({ description: "Absent: the run fails" }),
}).meta({ id: "FlowApproval" });

const tried = z.object({
  ...control,
  kind: z.literal("try"),
  actions: steps,
  on_error: steps.optional().meta({ description: "Finds $.error: code, message, step" }),
  finally: steps,
}).meta({ id: "FlowTry" });

const end = z.object({
  ...control,
  kind: z.literal("end"),
  outcome: z.enum(["success", "failure"]),
  message: anyJson.optional(),
  output: anyJson.optional(),
}).meta({ id: "FlowEnd" });
