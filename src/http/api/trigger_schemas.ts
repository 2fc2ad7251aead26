/** Schemas of what starts a flow beside events. */

import { z } from "zod";
import { POLICIES } from "../../schedules/catch_up.ts";
import { INPUT_ENTITIES, INPUT_TYPES, MAX_INPUTS } from "../../flows/shape/inputs.ts";
import { anyJson } from "./schemas.ts";

const inputFields = {
  name: z.string().meta({ description: "Its value is at $.webhook.<name>", example: "project_id" }),
  type: z.enum(INPUT_TYPES),
  default: anyJson.optional(),
  choices: z.array(z.string()).optional().meta({ description: "Of a choice" }),
  entity_type: z.enum(INPUT_ENTITIES).optional().meta({ description: "Of an entity" }),
};
const MISSED = { description: "Slots that passed while no instance was running: none fires, one for all, or all" };
const CRON = { description: "Minute, hour, day, month, weekday", example: "0 9 * * MON" };
const ZONE = { description: "IANA name: on whose clock", example: "Europe/Berlin" };
const API = { description: "true: POST /ui/flows/{id}/run starts it" };
export const TRIGGERS = { description: "What starts it beside events; its conditions are asked of events alone" };

/** What starts a flow beside events, with its defaults filled in. */
export const triggers = z.object({
  schedules: z.array(
    z.object({ cron: z.string().meta(CRON), zone: z.string().meta(ZONE), missed: z.enum(POLICIES).meta(MISSED) }),
  ).optional().meta({ description: "It begins at these times" }),
  manual: z.object({
    inputs: z.array(
      z.object({ ...inputFields, label: z.string(), required: z.boolean() }).meta({ id: "FlowInputField" }),
    ),
  }).optional().meta({ description: "A person starts it, with a form of these inputs" }),
  api: z.literal(true).optional().meta(API),
}).meta({ id: "Triggers" });

export const triggersInput = z.object({
  schedules: z.array(z.object({
    cron: z.string().meta(CRON),
    zone: z.string().optional().meta({ ...ZONE, description: `${ZONE.description}; UTC where it is left out` }),
    missed: z.enum(POLICIES).optional().meta({ description: `${MISSED.description}; "one" where it is left out` }),
  })).max(10).nullable().optional(),
  manual: z.object({
    inputs: z.array(
      z.object({ ...inputFields, label: z.string().optional(), required: z.boolean().optional() })
        .meta({ id: "FlowInputFieldInput" }),
    ).max(MAX_INPUTS).optional(),
  }).nullable().optional(),
  api: z.boolean().nullable().optional().meta(API),
}).meta({ id: "TriggersInput" });

const GATE_KEY = z.string().optional()
  .meta({
    description: "Template: what has the same value counts together; absent: all of the flow",
    example: "$.webhook.userId",
  });

/** What holds runs of a flow back, as it is stored and, with the defaults left out, as it may be sent. */
export const gates = {
  order_key: z.string().optional().meta({
    description: "Template, of an ordered flow: what has the same value goes one after another; absent: the entity",
  }),
  concurrency: z.object({
    at_once: z.int().min(1).max(100),
    key: GATE_KEY,
    when_full: z.enum(["queue", "skip", "cancel_oldest"]),
  }).optional().meta({ description: "Runs in progress at once" }),
  debounce: z.object({
    key: GATE_KEY,
    wait: z.string().meta({ example: "30 s" }),
    max_wait: z.string().optional().meta({ example: "5 min" }),
  }).optional().meta({ description: "Of events that come one soon after another the last alone starts a run" }),
  throttle: z.object({
    key: GATE_KEY,
    at_most: z.int().min(1).max(1_000),
    per: z.string().meta({ example: "1 h" }),
    when_over: z.enum(["skip", "queue"]),
  }).optional().meta({ description: "Runs that begin within a time" }),
};

export const gatesInput = {
  order_key: z.string().nullable().optional(),
  concurrency: z.object({
    at_once: z.int().min(1).max(100),
    key: GATE_KEY,
    when_full: z.enum(["queue", "skip", "cancel_oldest"]).optional(),
  }).nullable().optional(),
  debounce: z.object({ key: GATE_KEY, wait: z.string(), max_wait: z.string().optional() }).nullable().optional(),
  throttle: z.object({
    key: GATE_KEY,
    at_most: z.int().min(1).max(1_000),
    per: z.string(),
    when_over: z.enum(["skip", "queue"]).optional(),
  }).nullable().optional(),
};
