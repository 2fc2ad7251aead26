/** What people call operations in the ready actions of flows, for the search over the catalogue. */

import type { OperationPhrases } from "../../clockify/catalogue_search.ts";
import { findOrCreateOf } from "../../clockify/find_or_create.ts";
import { type Catalogue, operationKey } from "../../clockify/operations.ts";
import { intents } from "./intents.ts";
import { operationOf } from "../parse/results.ts";

/** Of each ready action the title and its other words, for the operation of its last step: those before only find what that needs. */
export function flowPhrases(catalogue: Catalogue): OperationPhrases[] {
  return intents().flatMap(({ title, words, actions }) => {
    const name = actions.at(-1)?.operation_id ?? "";
    const operation = operationOf(catalogue, findOrCreateOf(name)?.create ?? name);
    return operation ? [{ operation: operationKey(operation), phrases: [title, words.join(" ")] }] : [];
  });
}
