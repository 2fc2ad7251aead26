/** Schemas of flows: as they are stored and answered, and as they may be sent. */

import { z } from "zod";
import { MAX_LIST } from "../../flows/shape/step_limits.ts";
import { anyCondition } from "./condition_schemas.ts";
import { step } from "./flow_step_schemas.ts";
import { stepInput } from "./flow_step_inputs.ts";
import { flowSchedule } from "./schedule_view.ts";
import { gates, gatesInput, TRIGGERS, triggers, triggersInput } from "./trigger_schemas.ts";
import { anyJson, fault, id, instant, orNull } from "./schemas.ts";

/** A definition with its defaults filled in. */
export const definition = {
  name: z.string(),
  enabled: z.boolean(),
  trigger_event_types: z.array(z.string()).meta({ example: ["NEW_TIME_ENTRY"] }),
  triggers: triggers.optional().meta(TRIGGERS),
  conditions: anyCondition,
  actions: z.array(step).meta({ description: "Steps, one after another" }),
  ordered: z.boolean().meta({ description: "true: runs for one entity go one after another" }),
  ...gates,
};

export const flow = z.object({
  id,
  ...definition,
  version: z.int(),
  created_at: instant,
  updated_at: instant,
  schedules: z.array(flowSchedule).optional()
    .meta({ description: "Of a flow alone: its schedules in words, with the next five firings" }),
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

export const flowInput = z.object({
  name: z.string().min(1).max(255),
  enabled: z.boolean().optional(),
  trigger_source: z.enum(["CLOCKIFY", "CUSTOM"]).optional(),
  trigger_event_types: z.array(z.string()).max(60).optional()
    .meta({ description: "At least one, unless `triggers` has something" }),
  triggers: orNull(triggersInput).optional().meta(TRIGGERS),
  conditions: anyCondition.optional(),
  actions: z.array(stepInput).min(1).max(MAX_LIST),
  ordered: z.boolean().optional(),
  ...gatesInput,
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
