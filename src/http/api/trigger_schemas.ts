/** Schemas of what starts a flow beside events. */

import { z } from "zod";
import { POLICIES } from "../../schedules/catch_up.ts";
import { INPUT_ENTITIES, INPUT_TYPES, MAX_INPUTS } from "../../flows/inputs.ts";
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
