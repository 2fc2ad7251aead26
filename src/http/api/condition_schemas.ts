/** Schemas of conditions: of a flow, of a case, of a loop and of a wait for an event. */

import { z } from "zod";
import { anyJson, orNull } from "./schemas.ts";

const rule = z.strictObject({
  field: z.string().meta({ description: "Path into the event", example: "$.webhook.projectId" }),
  operator: z.string().meta({ example: "==" }),
  value: anyJson.optional(),
  quantifier: z.enum(["any", "every"]).nullable().optional().meta({ description: "Of a list: which of its members" }),
  case_insensitive: z.boolean().nullable().optional(),
}).meta({ id: "Rule" });

/** A rule, or a group of them; `{"type": "ALL", "rules": []}` is an older spelling of a group. */
export const condition: z.ZodType = z.lazy(() =>
  z.union([
    rule,
    z.strictObject({ all: z.array(condition) }),
    z.strictObject({ any: z.array(condition) }),
    z.strictObject({ not: condition }),
    z.strictObject({ type: z.string().optional(), rules: z.array(condition).optional() }),
  ])
).meta({ id: "Condition", description: "A rule, or a group of conditions" });

export const anyCondition = orNull(condition).meta({ description: "null: every event matches" });
