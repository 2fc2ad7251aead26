/** The shape of a wait: for a span of time, until an instant, or for an event. */

import { z } from "zod";
import { at, type Fault } from "../../engine/faults.ts";
import type { FlowStep, FlowWait } from "./definition.ts";
import { readShape, type StandIns } from "./mend.ts";
import { message, type ShapeContext, stepId, stepList, stepName, type StepShapes } from "./parts.ts";
import { durationFaults, instantFaults, zoneFaults } from "./time.ts";

const MAX_EVENT_TYPES = 20;
const types = message(`must be a list of 1 to ${MAX_EVENT_TYPES} names of events`);

const eventShape = z.strictObject({
  event_types: z.array(z.string(message("must be the name of an event")), types).min(1, types).max(
    MAX_EVENT_TYPES,
    types,
  ),
  conditions: z.unknown().optional(),
}, message('must be an object, as in {"event_types": ["NEW_INVOICE"]}'));

const wait = z.strictObject({
  kind: z.literal("wait"),
  id: stepId,
  name: stepName,
  for: z.unknown().optional(),
  until: z.unknown().optional(),
  zone: z.string(message('must be the name of a time zone, as in "Europe/Berlin"')).nullish(),
  event: eventShape.nullish(),
  deadline: z.unknown().optional(),
  expired: stepList.nullish(),
});

const KEYS = { "": Object.keys(wait.shape), event: Object.keys(eventShape.shape) };
const EVENT = { event_types: [""] };
const STAND_INS: StandIns = {
  event: EVENT,
  "event.event_types": EVENT.event_types,
  "event.event_types.*": "",
  expired: [],
};

export const waitShape: StepShapes<FlowWait> = {
  keys: KEYS[""],
  nested: KEYS,
  read: (input, context) =>
    readShape(wait, input, { path: context.path, keys: KEYS, standIns: STAND_INS }, (data) => {
      const { name, for: span, until, zone, event, deadline, expired } = data;
      return {
        faults: waitFaults(data, context),
        value: {
          kind: "wait",
          id: context.id,
          ...(name !== undefined && { name }),
          ...(span != null && { for: span }),
          ...(until != null && { until }),
          ...(zone != null && { zone }),
          ...(event && {
            event: {
              event_types: [...new Set(event.event_types)],
              ...(event.conditions != null && { conditions: event.conditions }),
            },
          }),
          ...(deadline != null && { deadline }),
          ...(expired && { expired: expired as FlowStep[] }),
        },
      };
    }),
};

function waitFaults(
  { for: span, until, zone, event, deadline, expired }: z.infer<typeof wait>,
  { path, deps }: ShapeContext,
): Fault[] {
  const faults: Fault[] = [];
  const fault = (key: string, message: string) => faults.push({ path: at(path, key), message });
  const given = Object.entries({ for: span, until, event }).flatMap(([key, value]) => value == null ? [] : [key]);
  if (given.length === 0) {
    fault("for", 'is required: a span of time, as in "2 h"; or give `until`, an instant, or `event`');
  }
  for (const key of given.slice(1)) {
    fault(key, `cannot be combined with ${given[0]}: a wait has one of for, until and event`);
  }
  if (span != null) faults.push(...durationFaults(span, at(path, "for")));
  if (until != null) faults.push(...instantFaults(until, at(path, "until")));
  if (zone != null) {
    if (until == null) fault("zone", "is for `until`: the zone in which a time is read that names none");
    faults.push(...zoneFaults(zone, path));
  }
  if (event == null) {
    for (const [key, value] of Object.entries({ deadline, expired })) {
      if (value != null) fault(key, "is for `event`: a wait for a time ends at it");
    }
  } else if (expired && deadline == null) {
    fault("expired", "needs `deadline`: without one a wait for an event never expires");
  }
  if (deadline != null) faults.push(...durationFaults(deadline, at(path, "deadline")));
  for (const [index, type] of (event?.event_types ?? []).entries()) {
    if (!deps.knownEvent(type)) {
      faults.push({
        path: `${path}.event.event_types[${index}]`,
        message:
          "is not an event of Clockify, of a custom source or of a flow, as in NEW_TIME_ENTRY, custom:my-shop, flow:invoice-ready",
      });
    }
  }
  return faults;
}
