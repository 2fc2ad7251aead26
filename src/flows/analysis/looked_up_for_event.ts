/** What the flows of one event look up together before they are decided: beyond a limit the last of them are left out. */

import type { Fault } from "../../engine/faults.ts";
import { lookupTexts } from "../../engine/lookup_limit.ts";
import { parseTemplate } from "../../engine/mapping.ts";
import { valuesIn } from "../parse/step_checks.ts";
import type { FlowDefinition } from "../shape/definition.ts";
import { MAX_EVENT_LOOKUPS } from "../shape/step_limits.ts";
import { triggerRows } from "../shape/triggers.ts";

/** A hint where conditions of `flow` look something up, and with the other flows of an event may look up more than one event takes. */
export function eventLookupHints(flow: FlowDefinition, others: readonly FlowDefinition[]): Fault[] {
  if (!flow.enabled || lookedUp([flow]).size === 0) return [];
  for (const event of eventsOf(flow)) {
    const { size } = lookedUp([flow, ...others.filter((one) => one.enabled && eventsOf(one).includes(event))]);
    if (size <= MAX_EVENT_LOOKUPS) continue;
    const message =
      `may look up more than ${MAX_EVENT_LOOKUPS} entities with those of the other flows of ${event}, which are read at ` +
      "once for each event: flows above that are left out of it; give ids in place of names";
    return [{ path: "conditions", message }];
  }
  return [];
}

function eventsOf({ trigger_event_types: types }: FlowDefinition): string[] {
  return triggerRows(types).map(({ event_type }) => event_type);
}

/** Counted until there are too many, each text read once: flows of one event are up to 500, with 200 rules each. */
function lookedUp(flows: readonly FlowDefinition[]): ReadonlySet<string> {
  const texts = new Set<string>();
  const read = new Set<string>();
  for (const { conditions } of flows) {
    for (const { value } of valuesIn(conditions, "conditions")) {
      const written = JSON.stringify(value) ?? "";
      if (!written.includes("cache") || read.has(written)) continue;
      read.add(written);
      const { template } = parseTemplate(value, "");
      for (const text of template ? lookupTexts([template]) : []) texts.add(text);
      if (texts.size > MAX_EVENT_LOOKUPS) return texts;
    }
  }
  return texts;
}
