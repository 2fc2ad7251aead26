/** How many entities templates look up at most, by their text: what is known before anything is evaluated. */

import { MAX_LOOKUPS } from "./entity_lookup.ts";
import type { Lookup } from "./expression.ts";
import { type CompiledTemplate, templateLookups } from "./mapping.ts";

/** One text for each look-up of the templates, whatever field of it is asked for; two that are written otherwise may mean the same. */
export function lookupTexts(templates: Iterable<CompiledTemplate>): Set<string> {
  const texts = new Set<string>();
  for (const template of templates) for (const lookup of templateLookups(template)) texts.add(textOf(lookup));
  return texts;
}

/** What is wrong where the templates are looked up in one read (`of`: a step, a condition), and may be more than one takes. */
export function lookupFault(templates: Iterable<CompiledTemplate>, of: "step" | "condition"): string | undefined {
  const { size } = lookupTexts(templates);
  if (size <= MAX_LOOKUPS) return undefined;
  const instead = of === "step"
    ? "make it several steps, or give ids in place of names"
    : "make it several flows, or give ids in place of names";
  return `looks up ${size} entities, at most ${MAX_LOOKUPS} are supported in one ${of}, which reads them at once: ${instead}`;
}

function textOf({ type, args }: Lookup): string {
  return JSON.stringify([type, args], (name, value) => name === "position" ? undefined : value);
}
