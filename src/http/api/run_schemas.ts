/** Schemas that answers about runs share. */

import { z } from "zod";
import { RETRY_VERSIONS } from "../../runs/retry_plan.ts";
import { TRIGGER_KINDS } from "../../flows/triggers/start.ts";
import { definition } from "./flow_schemas.ts";
import { anyJson, id, instant, orNull } from "./schemas.ts";

export const runState = z.enum(["pending", "running", "waiting", "completed", "failed", "cancelled"])
  .meta({ id: "RunState" });

/** The state in the words of the older interface; unknown states in capitals. */
export const runStatus = z.string().meta({ example: "COMPLETED" });

export const runError = z.object({ code: z.string(), message: z.string().nullable() }).meta({ id: "RunError" });

export const runId = z.string().meta({ example: "0192f0c1-2345-7abc-8def-0123456789ab" });

/** One row of a list of runs. */
export const run = z.object({
  id: runId,
  flow_id: id,
  flow_name: z.string(),
  flow_version: z.int(),
  event_id: id.nullable().meta({ description: "null: no event started it" }),
  event_type: z.string().nullable().meta({ description: "null without an event, and once retention deleted it" }),
  trigger: z.enum(TRIGGER_KINDS).meta({ description: "What started it; flow: a step of another run" }),
  state: runState,
  status: runStatus,
  replay: z.int().meta({ description: "0: the event's own run; higher: the number of a replay" }),
  paused_at: instant.nullable()
    .meta({
      description: "Since when a run that is not over is paused; while it is running, it pauses after this call",
    }),
  error: orNull(runError),
  created_at: instant,
  started_at: instant.nullable(),
  finished_at: instant.nullable(),
  duration_ms: z.number().nullable(),
  failed_step: z.string().nullable(),
  failed_step_number: z.int().nullable(),
  failed_step_name: z.string().nullable(),
}).meta({ id: "Run" });

export const retryVersion = z.enum(RETRY_VERSIONS, 'must be "same" or "present"');

/** How a failed run would be retried with one version of its flow. */
export const retryPlan = z.object({
  version: z.int(),
  kept: z.int().meta({ description: "Finished steps that are not repeated" }),
  from_step: z.int().nullable().meta({ description: "From 1; null: no step is left, and the run completes" }),
  refusal: z.string().optional().meta({ description: "Why this version cannot be used" }),
}).meta({ id: "RetryPlan" });

/** What became of a run that a person cancelled, paused or resumed. */
export const runChange = z.object({ run_id: runId, state: runState });

const attempt = z.object({
  number: z.int(),
  state: z.enum(["started", "succeeded", "failed", "snoozed", "uncertain"]).meta({
    description:
      "snoozed: put off, by an empty rate budget or a 429; uncertain: in progress when the run was cancelled",
  }),
  started_at: instant,
  finished_at: instant.nullable(),
  http_status: z.int().nullable(),
  error: orNull(runError),
  request: anyJson.meta({ description: "What was sent, redacted" }),
}).meta({ id: "Attempt" });

export const step = z.object({
  number: z.int().meta({ description: "From 1, in the order of the flow" }),
  name: z.string(),
  title: z.string().meta({ example: "GET /workspaces/{workspaceId}/tags" }),
  idempotency_key: z.string().nullable(),
  id: z.string(),
  path: z.string(),
  action: z.string(),
  state: z.enum(["not_started", "running", "completed", "failed", "cancelled"]),
  taken_over: z.boolean().meta({ description: "It ended in the run that this one was begun again from" }),
  started_at: instant.nullable(),
  finished_at: instant.nullable(),
  input: anyJson,
  output: anyJson.meta({ description: "Text of its first 5,000 characters when output_truncated" }),
  output_truncated: z.boolean().meta({
    description: "Always above 1 MB, else above 5,000 characters outside of developer mode",
  }),
  output_bytes: z.int().nullable().meta({ description: "Of the whole output, as JSON" }),
  error: orNull(runError),
  attempts: z.array(attempt),
}).meta({ id: "Step" });

const againLink = z.object({
  run_id: runId,
  from: z.string().meta({ description: "Path of the step that the later run began at", example: "root/create" }),
}).meta({ id: "AgainLink" });

export const runDetail = run.extend({
  event: z.object({ id, event_type: z.string(), received_at: instant, subject: z.string().nullable() }).nullable()
    .meta({ description: "null once retention deleted it" }),
  flow: z.object({
    id,
    name: z.string(),
    version: z.int(),
    current_version: z.int().nullable().meta({ description: "null: the flow was deleted" }),
    enabled: z.boolean(),
  }),
  queued_ms: z.number().nullable().meta({ description: "From the event's arrival to the run's start" }),
  definition: z.object({
    name: definition.name,
    trigger_event_types: definition.trigger_event_types,
    conditions: definition.conditions,
    actions: definition.actions,
  }).nullable().meta({ description: "The flow as it ran; null where it was changed since" }),
  can_retry: z.boolean(),
  retry_reason: z.string().nullable(),
  next_attempt_at: instant.nullable(),
  waiting_reason: z.string().nullable().meta({ description: "Why a run that is not over does nothing now" }),
  input: anyJson.meta({ description: "What its steps find at $.webhook; null where that is the body of its event" }),
  input_truncated: z.boolean().meta({ description: "It is larger than 262,144 bytes: the beginning of it is shown" }),
  output: anyJson.meta({ description: "What its `end` gave; null: nothing, or it is not over" }),
  output_truncated: z.boolean().meta({ description: "It is larger than 1 MiB: the beginning of it is shown" }),
  end_message: z.string().nullable().meta({
    description: "What its `end` said, whatever the outcome; null for one in a loop",
  }),
  again_of: orNull(againLink).meta({ description: "The run that it was begun again from; null: none" }),
  again_by: z.array(againLink).meta({ description: "Runs that were begun again from it, newest first; at most 20" }),
  steps: z.array(step),
  retry: z.object({ same: retryPlan, present: retryPlan }).nullable()
    .meta({ description: "null where it cannot be retried, or the caller may not retry it" }),
}).meta({ id: "RunDetail" });

export const RUN_EXAMPLE = {
  id: "0192f0c1-2345-7abc-8def-0123456789ab",
  flow_id: "3",
  flow_name: "Tag entries of the big project",
  flow_version: 1,
  event_id: "17",
  event_type: "NEW_TIME_ENTRY",
  trigger: "event" as const,
  state: "completed",
  status: "COMPLETED",
  replay: 0,
  paused_at: null,
  error: null,
  created_at: "2026-11-21T08:00:00.000Z",
  started_at: "2026-11-21T08:00:00.010Z",
  finished_at: "2026-11-21T08:00:00.250Z",
  duration_ms: 240,
  failed_step: null,
  failed_step_number: null,
  failed_step_name: null,
};
