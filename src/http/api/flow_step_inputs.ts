/** Schemas of the steps of flows as they may be sent: what is left out has a default, and older spellings are read. */

import { z } from "zod";
import { HTTP_METHODS } from "../../actions/http_request.ts";
import { APPROVAL_ROLES } from "../../flows/shape/approval.ts";
import { MAX_AT_ONCE, MAX_CASES, MAX_ITEMS, MAX_LIST } from "../../flows/shape/step_limits.ts";
import { ACTION_WORDS, STEP_WORDS } from "../../flows/vocabulary/step_words.ts";
import type { FlowAction } from "../../flows/shape/definition.ts";
import type { StepKind } from "../../flows/shape/steps.ts";
import { condition } from "./condition_schemas.ts";
import { retry, tryTimeLimit, values } from "./flow_step_schemas.ts";
import { anyJson, orNull } from "./schemas.ts";

const exampleOf = (kind: StepKind) => STEP_WORDS.find((words) => words.kind === kind)!.example;
const typed = (type: FlowAction["type"]) => ACTION_WORDS.find((words) => words.type === type)!.example;

const retryInput = retry.partial().meta({ id: "RetryInput" });

const everyAction = {
  kind: z.literal("action").optional(),
  id: z.string().optional(),
  retry: orNull(retryInput).optional(),
  try_time_limit_ms: tryTimeLimit,
  on_uncertain: z.enum(["retry", "stop"]).optional(),
};

const clockifyAction = z.object({
  ...everyAction,
  type: z.enum(["clockify", "CLOCKIFY_API"]).optional(),
  operation_id: z.string(),
  as_user: z.string().optional(),
  path_params: values.nullable().optional(),
  query_params: values.nullable().optional(),
  body: anyJson.optional(),
  replace: z.boolean().optional(),
  params: z.object({ path: values.optional(), query: values.optional(), body: anyJson.optional() }).optional()
    .meta({ description: "Older spelling of the three" }),
}).meta({ id: "ClockifyActionInput", example: typed("clockify") });

const httpAction = z.object({
  ...everyAction,
  type: z.enum(["http", "GENERIC_HTTP", "generic_http"]),
  method: z.enum(HTTP_METHODS).optional(),
  url: z.string(),
  headers: values.nullable().optional(),
  query: values.nullable().optional(),
  body: anyJson.optional(),
  timeout_ms: z.int().min(100).optional(),
}).meta({ id: "HttpActionInput", example: typed("http") });

const transformAction = z.object({ ...everyAction, type: z.literal("transform"), output: anyJson })
  .meta({ id: "TransformActionInput", example: typed("transform") });

const variablesAction = z.object({ ...everyAction, type: z.literal("variables"), set: values })
  .meta({ id: "VariablesActionInput", example: typed("variables") });

const emitEventAction = z.object({
  ...everyAction,
  type: z.literal("emit_event"),
  event: z.string(),
  body: anyJson.optional(),
}).meta({ id: "EmitEventActionInput", example: typed("emit_event") });

const runFlowAction = z.object({
  ...everyAction,
  type: z.literal("run_flow"),
  flow_id: z.union([z.int(), z.string()]),
  input: anyJson.optional(),
  wait: z.boolean().optional(),
}).meta({ id: "RunFlowActionInput", example: typed("run_flow") });

/** A step with all that it holds. */
export const stepInput: z.ZodType = z.lazy(() =>
  z.union([
    clockifyAction,
    httpAction,
    transformAction,
    variablesAction,
    emitEventAction,
    runFlowAction,
    branch,
    parallel,
    loop,
    wait,
    approval,
    tried,
    end,
  ])
).meta({ id: "FlowStepInput", description: "Without `kind` an action" });

const steps = z.array(stepInput).max(MAX_LIST);
const someSteps = z.array(stepInput).min(1).max(MAX_LIST);

const control = { id: z.string().optional(), name: z.string().min(1).max(255).optional() };

const branch = z.object({
  ...control,
  kind: z.literal("branch"),
  on: anyJson.optional(),
  cases: z.array(z.object({
    name: z.string().optional(),
    if: condition.optional(),
    equals: z.array(anyJson).optional(),
    actions: steps.optional(),
  })).min(1).max(MAX_CASES),
  otherwise: steps.optional(),
}).meta({ id: "FlowBranchInput", example: exampleOf("branch") });

const parallel = z.object({
  ...control,
  kind: z.literal("parallel"),
  branches: z.array(z.object({ name: z.string().optional(), actions: someSteps })).min(2).max(MAX_CASES),
  join: z.union([z.enum(["all", "any", "majority"]), z.object({ at_least: z.int().min(1) })]).optional(),
  time_limit_ms: z.int().optional(),
}).meta({ id: "FlowParallelInput", example: exampleOf("parallel") });

const loop = z.object({
  ...control,
  kind: z.literal("loop"),
  over: anyJson.optional(),
  while: condition.optional(),
  max_items: z.int().min(1).max(MAX_ITEMS).optional(),
  at_once: z.int().min(1).max(MAX_AT_ONCE).optional(),
  on_error: z.enum(["stop", "continue", "collect"]).optional(),
  actions: someSteps,
}).meta({ id: "FlowLoopInput", example: exampleOf("loop") });

const wait = z.object({
  ...control,
  kind: z.literal("wait"),
  for: anyJson.optional(),
  until: anyJson.optional(),
  zone: z.string().optional(),
  event: z.object({ event_types: z.array(z.string()).min(1), conditions: condition.optional() }).optional(),
  deadline: anyJson.optional(),
  expired: steps.optional(),
}).meta({ id: "FlowWaitInput", example: exampleOf("wait") });

const approval = z.object({
  ...control,
  kind: z.literal("approval"),
  people: anyJson.optional(),
  roles: z.array(z.enum(APPROVAL_ROLES)).optional(),
  note: anyJson.optional(),
  deadline: anyJson.optional(),
  ask: steps.optional(),
  remind: z.object({ after: anyJson, actions: someSteps }).optional(),
  approved: steps.optional(),
  rejected: steps.optional(),
  expired: steps.optional(),
}).meta({ id: "FlowApprovalInput", example: exampleOf("approval") });

const tried = z.object({
  ...control,
  kind: z.literal("try"),
  actions: someSteps,
  on_error: steps.optional(),
  finally: steps.optional(),
}).meta({ id: "FlowTryInput", example: exampleOf("try") });

const end = z.object({
  ...control,
  kind: z.literal("end"),
  outcome: z.enum(["success", "failure"]).optional(),
  message: anyJson.optional(),
  output: anyJson.optional(),
}).meta({ id: "FlowEndInput", example: exampleOf("end") });
