/** What flows of a profile may be made of, in words for their authors: events and their fields, operations, functions, operators. */

import { answerFields } from "../../clockify/answer_fields.ts";
import { entityParams } from "../../clockify/entity_params.ts";
import { eventFields } from "../../clockify/event_fields.ts";
import { EVENTS } from "../../clockify/events.ts";
import { type FindOrCreate, findOrCreates } from "../../clockify/find_or_create.ts";
import { fullReplaceOf, lossOf } from "../../clockify/full_replace.ts";
import { type Catalogue, type Operation, operationKey } from "../../clockify/operations.ts";
import { FUNCTIONS } from "../../engine/functions.ts";
import { operatorsByType, operatorWords } from "../../engine/operator_words.ts";
import { FLOW_ROOTS } from "../../engine/scope.ts";
import type { Profile } from "../../profiles/profile.ts";
import { valueTypeOf } from "../parse/field_types.ts";
import { intentsFor } from "./intents.ts";
import { operationSummary } from "./step_name.ts";
import { ACTION_WORDS, STEP_WORDS } from "./step_words.ts";

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
      .map((operation) => operationWords(operation, { isUnique: uses.get(operation.operationId) === 1, catalogue }))
      .concat(
        findOrCreates().filter(({ operation, find }) =>
          mayCall(operation, profile) && mayCall(catalogue.find(find) ?? operation, profile)
        ).map(findWords),
      ),
    kinds: STEP_WORDS,
    action_types: ACTION_WORDS.filter(({ type }) => type !== "http" || profile.features.genericHttpActions),
    intents: intentsFor({ profile, catalogue }),
    functions: [...FUNCTIONS].map(([name, { doc }]) => functionWords(name, doc)),
    operators: operatorWords().map(({ name, label, takes }) => ({ name, label, value: takes })),
    // By the value_type of a field: those that make sense of it, the usual one first.
    operators_by_type: operatorsByType(),
    roots: FLOW_ROOTS,
  };
}

type FullReplaceWords = {
  entity: string;
  noun: string;
  reads: string | null;
  required: string[];
  unreadable: readonly string[];
  lists: string[];
};

/** An operation, Clockify's or ours. */
type OperationWords =
  & Omit<ReturnType<typeof findWords>, "full_replace" | "loses" | "query_params" | "find_or_create">
  & {
    query_params: ReturnType<typeof paramWords>[];
    full_replace: FullReplaceWords | null;
    loses: string | null;
    find_or_create?: { noun: string; reads: string };
  };

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

function operationWords(
  operation: Operation,
  { isUnique, catalogue }: { isUnique: boolean; catalogue: Catalogue },
): OperationWords {
  const { operationId, method, path, tag, access, pathParams, queryParams, bodyKind, bodyFields } = operation;
  const replace = fullReplaceOf(operation);
  return {
    operation_id: operationId,
    key: operationKey(operation),
    name: isUnique ? operationId : operationKey(operation),
    method,
    path,
    tag,
    summary: operationSummary(operation) + (isUnique ? "" : ` (${tag})`),
    access,
    path_params: pathParams,
    query_params: queryParams.map(paramWords),
    body_kind: bodyKind,
    // While an action is merged, what the read gives need not be named.
    body_fields: bodyFields.map((field) =>
      paramWords(replace && !(replace.isList && field.name === "id") ? { ...field, required: false } : field)
    ),
    entity_params: entityParams(operation),
    answer: answerWords(operation),
    full_replace: replace
      ? {
        entity: replace.entity,
        noun: replace.noun,
        reads: catalogue.find(replace.read)?.operationId ?? null,
        // With "replace": true in the action.
        required: bodyFields.flatMap(({ name, required }) => required ? [name] : []),
        unreadable: replace.unreadable,
        // Lists that also take {"$add": ...} and {"$remove": ...}.
        lists: bodyFields.flatMap(({ name, type }) => type === "array" ? [name] : []),
      }
      : null,
    loses: lossOf(operation) ?? null,
  };
}

/** One of ours in the shape of the others; only its name differs from that of the create. */
function findWords({ operation, noun, find }: FindOrCreate) {
  const { operationId, method, path, tag, access, pathParams, bodyKind, bodyFields } = operation;
  return {
    operation_id: operationId,
    key: operationId,
    name: operationId,
    method,
    path,
    tag,
    summary: `Find the ${noun} by its name, or create it`,
    access,
    path_params: pathParams,
    query_params: [],
    body_kind: bodyKind,
    body_fields: bodyFields.map(paramWords),
    entity_params: entityParams(operation),
    answer: answerWords(operation),
    full_replace: null,
    loses: null,
    find_or_create: { noun, reads: find },
  };
}

/** What a later action finds in the result: `fields` are of each item, where the answer is a list. */
function answerWords(operation: Operation) {
  const shapes = { array: "list", object: "object", none: "none", binary: "file", text: "text" } as const;
  return { shape: shapes[operation.answer], fields: answerFields(operation) };
}

function paramWords({ name, type, required, enum: values }: Operation["queryParams"][number]) {
  return { name, type, ...(required && { required }), ...(values && { enum: values }) };
}

/** A function's doc is `name(arguments): meaning`. */
function functionWords(name: string, doc: string) {
  const end = doc.indexOf("): ") + 1;
  return { name, signature: doc.slice(0, end), description: sentence(doc.slice(end + 2)) };
}

function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
