/** Where a definition names an operation, an entity, a secret, a source or another flow: each place with what it does there. Pure. */

import { secretPlaces } from "../../actions/http_secrets.ts";
import { findOrCreateOf } from "../../clockify/find_or_create.ts";
import { fullReplaceOf } from "../../clockify/full_replace.ts";
import { type Catalogue, operationKey } from "../../clockify/operations.ts";
import { at, isObject } from "../../engine/faults.ts";
import { hostOf } from "../compare/words.ts";
import { operationOf } from "../parse/results.ts";
import { mayHoldSecrets } from "../secrets.ts";
import { eventOfSource } from "../shape/flow.ts";
import { everyStep } from "../shape/steps.ts";

type Fields = Record<string, unknown>;

/** What is looked for. */
export type Wanted =
  /** operationId or `METHOD /path`. */
  | { kind: "operation"; value: string }
  /** Id of one of Clockify's entities. */
  | { kind: "entity"; value: string }
  /** Name of the field that holds it, as in `Authorization`, in any case. */
  | { kind: "secret"; value: string }
  /** Name of a source. */
  | { kind: "source"; value: string }
  /** Id of a flow. */
  | { kind: "flow"; value: string };

export interface Use {
  /** As in `actions[1].body.tagIds.$add`. */
  path: string;
  /** What it does there, as in "starts on its events". */
  words: string;
}

/** Places of one definition that are named at most; a larger number is as good as this one. */
export const MAX_PLACES = 50;

export function usesOf(definition: Fields, wanted: Wanted, { catalogue }: { catalogue: Catalogue }): Use[] {
  return [...places(definition, wanted, catalogue)].slice(0, MAX_PLACES);
}

function* places(definition: Fields, wanted: Wanted, catalogue: Catalogue): Generator<Use> {
  if (wanted.kind === "entity") return yield* textsWith(definition, wanted.value);
  if (wanted.kind === "source") return yield* sourcesIn(definition, wanted.value);
  const key = wanted.kind === "operation" ? keyOf(wanted.value, catalogue) : undefined;
  for (const { step, place } of stepsOf(definition)) {
    if (wanted.kind === "operation") yield* operationIn(step, place, { name: wanted.value, key, catalogue });
    if (wanted.kind === "secret") yield* secretsIn(step, place, wanted.value);
    if (wanted.kind === "flow" && step.type === "run_flow" && String(step.flow_id) === wanted.value) {
      yield { path: `${place}.flow_id`, words: step.wait === true ? "runs it and waits for it" : "runs it" };
    }
  }
}

function* stepsOf({ actions }: Fields): Generator<{ step: Fields; place: string }> {
  for (const { step, place } of everyStep<unknown>(Array.isArray(actions) ? actions : [])) {
    if (isObject(step)) yield { step, place };
  }
}

function* operationIn(
  step: Fields,
  place: string,
  { name, key, catalogue }: { name: string; key: string | undefined; catalogue: Catalogue },
): Generator<Use> {
  const named = step.operation_id;
  if (typeof named !== "string" || (step.type !== undefined && step.type !== "clockify")) return;
  const path = `${place}.operation_id`;
  const ours = findOrCreateOf(named);
  if (named === name || (!ours && key !== undefined && keyOf(named, catalogue) === key)) {
    return yield { path, words: "calls it" };
  }
  if (key === undefined) return;
  if (ours) {
    if (keyOf(ours.find, catalogue) === key) yield { path, words: "calls it to look for what there is" };
    if (keyOf(ours.create, catalogue) === key) yield { path, words: "calls it to make what there is not" };
    return;
  }
  const operation = operationOf(catalogue, named);
  const read = operation && step.replace !== true ? fullReplaceOf(operation)?.read : undefined;
  if (read !== undefined && keyOf(read, catalogue) === key) yield { path, words: "calls it to read before it writes" };
}

function keyOf(name: string, catalogue: Catalogue): string | undefined {
  const operation = operationOf(catalogue, name);
  return operation && operationKey(operation);
}

function* secretsIn(step: Fields, place: string, name: string): Generator<Use> {
  if (!mayHoldSecrets(step)) return;
  for (const { path, value } of secretPlaces(step)) {
    if (value === undefined || value === null || value === "") continue;
    const field = path.split(/[.[\]]+/).filter(Boolean).at(-1)!.replaceAll('"', "");
    if (field.toLowerCase() === name.toLowerCase()) {
      yield { path: `${place}.${path}`, words: `sends it to ${hostOf(step.url)}` };
    }
  }
}

function* sourcesIn(definition: Fields, name: string): Generator<Use> {
  const isOf = (type: unknown) =>
    typeof type === "string" && (type === `custom:${name}` || type.startsWith(`custom:${name}/`));
  const types = Array.isArray(definition.trigger_event_types) ? definition.trigger_event_types : [];
  for (const [index, type] of types.entries()) {
    if (typeof type !== "string" || !isOf(eventOfSource(type, definition.trigger_source))) continue;
    yield { path: `trigger_event_types[${index}]`, words: "starts on its events" };
  }
  for (const { step, place } of stepsOf(definition)) {
    const waited = isObject(step.event) && Array.isArray(step.event.event_types) ? step.event.event_types : [];
    for (const [index, type] of waited.entries()) {
      if (isOf(type)) yield { path: `${place}.event.event_types[${index}]`, words: "waits for its events" };
    }
  }
}

/** Texts that are the id, or hold it as a word of a longer one. */
function* textsWith(value: unknown, id: string, path = ""): Generator<Use> {
  if (typeof value === "string") {
    if (value === id) yield { path, words: path.startsWith("conditions") ? "compares with it" : "names it" };
    else if (value.includes(id) && new RegExp(`(?<![0-9A-Za-z])${id}(?![0-9A-Za-z])`).test(value)) {
      yield { path, words: "names it in a longer text" };
    }
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const entries = Array.isArray(value) ? value.entries() : Object.entries(value);
  for (const [key, part] of entries) yield* textsWith(part, id, at(path, key));
}
