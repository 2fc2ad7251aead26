/** The outer shape of a flow, in zod, with faults that say what is expected. */

import { z } from "zod";
import { isObject, kindOf } from "../../engine/faults.ts";
import type { FlowDefinition } from "./definition.ts";
import { faultsOf, flag, message, nameText, oneOf, type ShapeResult } from "./parts.ts";
import { MAX_LIST } from "./step_limits.ts";
import { gatesShape } from "./gates_shape.ts";
import { triggersShape } from "./triggers_shape.ts";

const MAX_EVENTS = 60;

const flowSchema = z.strictObject({
  name: nameText,
  enabled: z.boolean(flag).default(true),
  trigger_source: oneOf("CLOCKIFY", "CUSTOM").optional(),
  trigger_event_types: z.array(
    z.string(message("must be the name of an event")),
    message("must be a list of event names"),
  )
    .max(MAX_EVENTS, message(`must name at most ${MAX_EVENTS} events`)),
  triggers: z.unknown().optional(),
  order_key: z.unknown().optional(),
  concurrency: z.unknown().optional(),
  debounce: z.unknown().optional(),
  throttle: z.unknown().optional(),
  conditions: z.unknown().optional(),
  actions: z.array(z.unknown(), message("must be a list of actions"))
    .min(1, message("must hold at least one action"))
    .max(MAX_LIST, message(`must hold at most ${MAX_LIST} actions`)),
  ordered: z.boolean(flag).default(false),
});

export const FLOW_KEYS: string[] = Object.keys(flowSchema.shape);

/** The flow's own fields; `actionsFit` says that the actions are a list of a fair length, whatever they hold. */
export function flowShape(
  input: unknown,
): ShapeResult<Omit<FlowDefinition, "actions">> & { actionsFit: boolean } {
  if (!isObject(input)) {
    const fault = { path: "", message: `a flow must be an object, not ${kindOf(input)}` };
    return { raw: {}, faults: [fault], actionsFit: false };
  }
  const { triggers, faults: triggerFaults } = triggersShape(input.triggers);
  const { gates, faults: gateFaults } = gatesShape(input);
  const mayBeSilent = triggers !== undefined || triggerFaults.length > 0;
  const parsed = flowSchema.safeParse(
    mayBeSilent && input.trigger_event_types === undefined ? { ...input, trigger_event_types: [] } : input,
  );
  const actionsFit = Array.isArray(input.actions) && input.actions.length <= MAX_LIST;
  const faults = [
    ...(parsed.success ? [] : faultsOf(parsed.error, "", { "": FLOW_KEYS })),
    ...triggerFaults,
    ...gateFaults,
  ];
  if (Array.isArray(input.trigger_event_types) && input.trigger_event_types.length === 0 && !mayBeSilent) {
    faults.push({ path: "trigger_event_types", message: "must name at least one event" });
  }
  if (!parsed.success || faults.length > 0) return { raw: input, faults, actionsFit };
  const { name, enabled, trigger_source, trigger_event_types, conditions, ordered } = parsed.data;
  return {
    raw: input,
    faults: [],
    actionsFit,
    value: {
      name,
      enabled,
      trigger_event_types: [...new Set(trigger_event_types.map((type) => eventOfSource(type, trigger_source)))],
      ...(triggers && { triggers }),
      conditions: conditions ?? null,
      ordered,
      ...gates,
    },
  };
}

/** The event that a flow means by `type`: under the older trigger_source CUSTOM a bare name is that of a custom source. */
export function eventOfSource(type: string, source: unknown): string {
  return source === "CUSTOM" && !type.startsWith("custom:") ? `custom:${type}` : type;
}
