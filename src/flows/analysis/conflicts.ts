/** Flows that change one object from one event: each reads before it writes, yet which of them is last is not fixed. */

import { fullReplaceOf } from "../../clockify/full_replace.ts";
import type { Catalogue } from "../../clockify/operations.ts";
import type { Fault } from "../../engine/faults.ts";
import type { FlowDefinition } from "../shape/definition.ts";
import { operationOf } from "../parse/results.ts";
import { everyAction } from "../shape/steps.ts";

interface Named {
  id: number;
  definition: FlowDefinition;
}

/** A hint for each action of `flow` that changes what another enabled flow of the same event changes too. */
export function conflictHints(
  flow: FlowDefinition,
  { others, catalogue }: { others: readonly Named[]; catalogue: Catalogue },
): Fault[] {
  if (!flow.enabled) return [];
  const rivals = others.filter(({ definition }) =>
    definition.enabled && definition.trigger_event_types.some((type) => flow.trigger_event_types.includes(type))
  ).map(({ id, definition }) => ({
    id,
    name: definition.name,
    changed: new Set(changedBy(definition, catalogue).map(({ object }) => object)),
  }));
  return changedBy(flow, catalogue).flatMap(({ object, path }) => {
    const rival = rivals.find(({ changed }) => changed.has(object));
    if (!rival) return [];
    const message =
      `changes what flow "${rival.name}" (${rival.id}) changes from the same event: both run, in no fixed ` +
      "order; of a field that both name the later value stays";
    return [{ path, message }];
  });
}

interface Changed {
  /** As its path with the templates in it. */
  object: string;
  /** Of the action that changes it. */
  path: string;
}

function changedBy({ actions }: FlowDefinition, catalogue: Catalogue): Changed[] {
  return [...everyAction(actions)].flatMap(({ step: action, place }) => {
    if (action.type !== "clockify") return [];
    const operation = operationOf(catalogue, action.operation_id);
    if (!operation || operation.access !== "write" || operation.method === "POST") return [];
    if (fullReplaceOf(operation)?.isList) return [];
    const names = operation.pathParams.filter((name) => name !== "workspaceId");
    // Items of two loops are not known to be the same.
    if (names.some((name) => /\bloop\./.test(String(action.path_params[name])))) return [];
    const object = operation.path.replace(
      /\{([^{}/]+)\}/g,
      (whole, name: string) => names.length === 0 ? whole : plain(action.path_params[name]),
    );
    return [{ object, path: place }];
  });
}

/** `{{ webhook.id }}`, `$.event.id` and `$.webhook.id` are one value. */
function plain(value: unknown): string {
  const inner = /^\{\{\s*(?:\$\.)?(.*?)\s*\}\}$/s.exec(String(value))?.[1];
  return (inner === undefined ? String(value) : `$.${inner}`).replace(/^\$\.event\b/, "$.webhook");
}
