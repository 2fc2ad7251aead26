/** A stored definition made ready to be compared: masked, with its secrets beside it; and what its words are made of. */

import { secretPlaces } from "../../actions/http_secrets.ts";
import { entityParams } from "../../clockify/entity_params.ts";
import { findOrCreateOf } from "../../clockify/find_or_create.ts";
import type { Catalogue } from "../../clockify/operations.ts";
import { parsePath } from "../../engine/path.ts";
import { toAppError } from "../../base/errors.ts";
import { REDACTED } from "../../telemetry/redact.ts";
import type { ComparedFlow } from "./compare.ts";
import type { StepWords } from "./steps.ts";
import { allSteps, placeSteps } from "./tree.ts";
import { hideDraftSecrets } from "../store/draft_secrets.ts";
import { fieldTypes } from "../parse/field_types.ts";
import { operationOf } from "../parse/results.ts";
import { mayHoldSecrets } from "../secrets.ts";
import { operationSummary } from "../vocabulary/step_name.ts";

type Fields = Record<string, unknown>;

/** Ids that are looked up by name at most. */
const MAX_IDS = 1_000;
const ID = /[0-9a-f]{24}/g;

/** `opened`: with its secrets as they were written, those that could be opened. */
export function comparedFlow(opened: Fields): ComparedFlow & { secrets: Map<string, string> } {
  const secrets = new Map<string, string>();
  for (const { id, step } of allSteps(placeSteps(opened))) {
    if (!mayHoldSecrets(step)) continue;
    for (const { path, value } of secretPlaces(step)) {
      if (typeof value === "object" || value === REDACTED) continue;
      secrets.set(`${id} ${path}`, JSON.stringify(value));
    }
  }
  return { definition: hideDraftSecrets(opened), secrets };
}

/** Ids of Clockify's entities that the definition names. */
export function idsIn(definitions: readonly unknown[]): string[] {
  const ids = definitions.flatMap((one) => JSON.stringify(one).match(ID) ?? []);
  return [...new Set(ids)].slice(0, MAX_IDS);
}

/** `nameOf`: also of another flow, as `flow:7`. `triggers`: event types, by which fields have their types. */
export function stepWordsOf(
  { catalogue, triggers, nameOf }: { catalogue: Catalogue; triggers: readonly string[]; nameOf: StepWords["nameOf"] },
): StepWords {
  const typeOfPath = fieldTypes(triggers);
  return {
    nameOf,
    operationWords: (name) => {
      const ours = findOrCreateOf(name);
      if (ours) return `Find or create the ${ours.noun}`;
      const operation = operationOf(catalogue, name);
      return operation && operationSummary(operation);
    },
    entityOf: (name, parameter) => {
      const operation = operationOf(catalogue, name);
      return operation && entityParams(operation)[parameter];
    },
    typeOf: (field) => {
      try {
        return typeOfPath(parsePath(field));
      } catch (error) {
        if (toAppError(error).code === "EXPRESSION_INVALID") return undefined;
        throw error;
      }
    },
  };
}
