/** Labels of fixed lists as the server has them, which the console says in the viewer's language by their entries in vocabulary.ts. */

import { builtinCatalogue } from "../../src/clockify/operations.ts";
import { loadConfig } from "../../src/config/load.ts";
import { shownDays, shownLimits } from "../../src/config/shown_limits.ts";
import { vocabularyOf } from "../../src/flows/vocabulary/vocabulary.ts";
import { EGRESS_REASONS } from "../../src/limits/shown.ts";
import { PROFILES } from "../../src/profiles/profiles.ts";

/** Of all add-ons, each once. */
export function apiLabels(): ReadonlySet<string> {
  return new Set([...PROFILES.flatMap(vocabularyLabels), ...limitLabels()]);
}

function limitLabels(): string[] {
  const loaded = loadConfig({});
  if (!loaded.ok) throw new Error("an empty environment is a valid one");
  return [
    ...shownLimits(loaded.config).flatMap(({ about, unit, reason }) => [about, unit, reason]),
    ...Object.values(EGRESS_REASONS),
    ...PROFILES.flatMap(({ key }) => shownDays(key).map(({ reason }) => reason)),
  ];
}

function vocabularyLabels(profile: (typeof PROFILES)[number]): string[] {
  const vocabulary = vocabularyOf({ profile, catalogue: builtinCatalogue() });
  const { events, operators, operators_by_type, intents, operations, functions } = vocabulary;
  return [
    ...events.map(({ title }) => title),
    ...[operators, ...Object.values(operators_by_type)].flat().map(({ label }) => label),
    ...intents.flatMap(({ title, asks }) => [title, ...asks.map(({ label }) => label)]),
    ...operations.map(({ summary }) => summary),
    ...functions.map(({ description }) => description),
  ];
}
