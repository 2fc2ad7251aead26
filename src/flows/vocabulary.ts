/** What flows of a profile may be made of, in words for their authors: events and their fields, operations, functions, operators. */

import { entityParams } from "../clockify/entity_params.ts";
import { eventFields } from "../clockify/event_fields.ts";
import { EVENTS } from "../clockify/events.ts";
import { type Catalogue, type Operation, operationKey } from "../clockify/operations.ts";
import { FUNCTIONS } from "../engine/functions.ts";
import { operatorsByType } from "../engine/operator_words.ts";
import { operatorWords } from "../engine/operators.ts";
import { FLOW_ROOTS } from "../engine/scope.ts";
import type { Profile } from "../profiles/profile.ts";
import { valueTypeOf } from "./field_types.ts";

export type Vocabulary = ReturnType<typeof vocabularyOf>;

/** The part that is the same in every workspace, in the shape of the answer. */
export function vocabularyOf({ profile, catalogue }: { profile: Profile; catalogue: Catalogue }) {
  const operations = catalogue.list();
  const uses = new Map<string, number>();
  for (const { operationId } of operations) uses.set(operationId, (uses.get(operationId) ?? 0) + 1);
  return {
    events: profile.events.map(eventWords),
    operations: operations
      .filter((operation) => mayCall(operation, profile))
      .map((operation) => operationWords(operation, { isUnique: uses.get(operation.operationId) === 1 })),
    functions: [...FUNCTIONS].map(([name, { doc }]) => functionWords(name, doc)),
    operators: operatorWords().map(({ name, label, takes }) => ({ name, label, value: takes })),
    // By the value_type of a field: those that make sense of it, the usual one first.
    operators_by_type: operatorsByType(),
    roots: FLOW_ROOTS,
  };
}

function eventWords(type: string) {
  return {
    type,
    family: EVENTS.get(type)?.category ?? "other",
    title: sentence(type.toLowerCase().replaceAll("_", " ")),
    description: null,
    fields: eventFields(type).map(({ path, type, values }) => ({
      path: `$.webhook.${path}`,
      type,
      value_type: valueTypeOf(type) ?? null,
      ...(values && { example: values[0], values }),
    })),
  };
}

/** By its scope, and not one that Clockify answers add-on tokens with 401. */
function mayCall({ scope, addonToken }: Operation, { scopes }: Profile): boolean {
  return (scope === "" || scopes.includes(scope)) && addonToken !== "excluded" && addonToken !== "blocked";
}

function operationWords(operation: Operation, { isUnique }: { isUnique: boolean }) {
  const { operationId, method, path, tag, access, pathParams, queryParams, bodyKind, bodyFields } = operation;
  return {
    operation_id: operationId,
    key: operationKey(operation),
    name: isUnique ? operationId : operationKey(operation),
    method,
    path,
    tag,
    // Clockify's own summaries are not in the catalogue; its ids are words.
    summary: sentence(wordsOf(operationId)) + (isUnique ? "" : ` (${tag})`),
    access,
    path_params: pathParams,
    query_params: queryParams.map(paramWords),
    body_kind: bodyKind,
    body_fields: bodyFields.map(paramWords),
    entity_params: entityParams(operation),
  };
}

function paramWords({ name, type, required, enum: values }: Operation["queryParams"][number]) {
  return { name, type, ...(required && { required }), ...(values && { enum: values }) };
}

/** A function's doc is `name(arguments): meaning`. */
function functionWords(name: string, doc: string) {
  const end = doc.indexOf("): ") + 1;
  return { name, signature: doc.slice(0, end), description: sentence(doc.slice(end + 2)) };
}

/** `getTimeEntries` is `get time entries`. */
function wordsOf(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
}

function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
