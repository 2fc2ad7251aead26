/** Schemas of flows: as they are stored and answered, and as they may be sent. */

import { z } from "zod";
import { HTTP_METHODS } from "../../actions/http_request.ts";
import { anyJson, fault, id, instant, orNull } from "./schemas.ts";

const rule = z.strictObject({
  field: z.string().meta({ description: "Path into the event", example: "$.webhook.projectId" }),
  operator: z.string().meta({ example: "==" }),
  value: anyJson.optional(),
  quantifier: z.enum(["any", "every"]).nullable().optional().meta({ description: "Of a list: which of its members" }),
  case_insensitive: z.boolean().nullable().optional(),
}).meta({ id: "Rule" });

/** A rule, or a group of them; `{"type": "ALL", "rules": []}` is an older spelling of a group. */
const condition: z.ZodType = z.lazy(() =>
  z.union([
    rule,
    z.strictObject({ all: z.array(condition) }),
    z.strictObject({ any: z.array(condition) }),
    z.strictObject({ not: condition }),
    z.strictObject({ type: z.string().optional(), rules: z.array(condition).optional() }),
  ])
).meta({ id: "Condition", description: "A rule, or a group of conditions" });

const anyCondition = orNull(condition).meta({ description: "null: every event matches" });

const values = z.record(z.string(), anyJson);

const retry = z.object({
  max_attempts: z.int().min(1).max(20),
  initial_delay_ms: z.int(),
  max_delay_ms: z.int(),
  multiplier: z.number(),
}).meta({ id: "Retry" });

const everyAction = {
  id: z.string().meta({ example: "add_tag" }),
  retry: retry.optional(),
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

export const action = z.discriminatedUnion("type", [clockifyAction, httpAction]).meta({ id: "Action" });

/** A definition with its defaults filled in. */
export const definition = {
  name: z.string(),
  enabled: z.boolean(),
  trigger_event_types: z.array(z.string()).meta({ example: ["NEW_TIME_ENTRY"] }),
  conditions: anyCondition,
  actions: z.array(action),
  ordered: z.boolean().meta({ description: "true: runs for one entity go one after another" }),
};

export const flow = z.object({
  id,
  ...definition,
  version: z.int(),
  created_at: instant,
  updated_at: instant,
  warnings: z.array(fault).optional().meta({ description: "What may go wrong when it runs" }),
}).meta({ id: "Flow" });

/** The flow of docs/flows.md, as it is kept: what people copy from /docs is tried there. */
export const FLOW_EXAMPLE = {
  id: "3",
  name: "Mark entries longer than 8 hours",
  enabled: true,
  trigger_event_types: ["TIMER_STOPPED", "NEW_TIME_ENTRY"],
  conditions: { all: [{ field: "$.webhook.timeInterval.duration", operator: ">", value: "8 h" }] },
  actions: [{
    id: "find_tag",
    type: "clockify",
    operation_id: "findOrCreateTag",
    path_params: {},
    query_params: {},
    body: { name: "long" },
    on_uncertain: "retry",
  }, {
    id: "mark",
    type: "clockify",
    operation_id: "updateTimeEntry",
    path_params: { id: "$.webhook.id" },
    query_params: {},
    body: { description: "LONG {{ $.webhook.description }}", tagIds: { $add: "$.action_1_result.id" } },
    on_uncertain: "retry",
  }],
  ordered: false,
  version: 1,
  created_at: "2026-11-21T08:00:00.000Z",
  updated_at: "2026-11-21T08:00:00.000Z",
};

const retryInput = retry.partial().meta({ id: "RetryInput" });

/** As it may be sent: what is left out has a default, and older spellings are read. */
const clockifyActionInput = z.object({
  id: z.string().optional(),
  type: z.enum(["clockify", "CLOCKIFY_API"]).optional(),
  operation_id: z.string(),
  as_user: z.string().optional(),
  path_params: values.nullable().optional(),
  query_params: values.nullable().optional(),
  body: anyJson.optional(),
  replace: z.boolean().optional(),
  params: z.object({ path: values.optional(), query: values.optional(), body: anyJson.optional() }).optional()
    .meta({ description: "Older spelling of the three" }),
  retry: orNull(retryInput).optional(),
  on_uncertain: z.enum(["retry", "stop"]).optional(),
}).meta({ id: "ClockifyActionInput" });

const httpActionInput = z.object({
  id: z.string().optional(),
  type: z.enum(["http", "GENERIC_HTTP", "generic_http"]),
  method: z.enum(HTTP_METHODS).optional(),
  url: z.string(),
  headers: values.nullable().optional(),
  query: values.nullable().optional(),
  body: anyJson.optional(),
  timeout_ms: z.int().min(100).optional(),
  retry: orNull(retryInput).optional(),
  on_uncertain: z.enum(["retry", "stop"]).optional(),
}).meta({ id: "HttpActionInput" });

export const flowInput = z.object({
  name: z.string().min(1).max(255),
  enabled: z.boolean().optional(),
  trigger_source: z.enum(["CLOCKIFY", "CUSTOM"]).optional(),
  trigger_event_types: z.array(z.string()).min(1).max(60),
  conditions: anyCondition.optional(),
  actions: z.array(z.union([clockifyActionInput, httpActionInput])).min(1).max(50),
  ordered: z.boolean().optional(),
}).meta({ id: "FlowInput" });

export const FLOW_INPUT_EXAMPLE = {
  name: FLOW_EXAMPLE.name,
  trigger_event_types: FLOW_EXAMPLE.trigger_event_types,
  conditions: FLOW_EXAMPLE.conditions,
  actions: FLOW_EXAMPLE.actions,
};

/** What one rule said of an event. */
export const ruleVerdict = z.object({
  path: z.string().meta({ example: "rules[0]" }),
  field: z.string(),
  operator: z.string(),
  expected: anyJson.optional(),
  actual: anyJson.optional().meta({ description: "Absent when nothing was found" }),
  matched: z.boolean(),
  read: z.string().optional().meta({ description: "What it compares with, as the type of the field reads it" }),
  reason: z.string().nullable().meta({ description: "Why it did not match" }),
  warning: z.string().optional().meta({ description: "What is doubtful about the rule" }),
}).meta({ id: "RuleVerdict" });
