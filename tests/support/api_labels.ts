/** Labels of fixed lists as the server has them, which the console says in the viewer's language by their entries in vocabulary.ts. */

import { builtinCatalogue } from "../../src/clockify/operations.ts";
import { vocabularyOf } from "../../src/flows/vocabulary/vocabulary.ts";
import { PROFILES } from "../../src/profiles/profiles.ts";

/** Of all add-ons, each once. */
export function apiLabels(): ReadonlySet<string> {
  return new Set(PROFILES.flatMap(vocabularyLabels));
}

function vocabularyLabels(profile: (typeof PROFILES)[number]): string[] {
  const { events, operators, operators_by_type, intents } = vocabularyOf({ profile, catalogue: builtinCatalogue() });
  return [
    ...events.map(({ title }) => title),
    ...[operators, ...Object.values(operators_by_type)].flat().map(({ label }) => label),
    ...intents.flatMap(({ title, asks }) => [title, ...asks.map(({ label }) => label)]),
  ];
}
