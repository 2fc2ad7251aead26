/** Flows that change one object from one event: each reads before it writes, yet which of them is last is not fixed. */

import { fullReplaceOf } from "../clockify/full_replace.ts";
import type { Catalogue } from "../clockify/operations.ts";
import { at, type Fault } from "../engine/faults.ts";
import type { FlowDefinition } from "./definition.ts";
import { operationOf } from "./results.ts";

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
  ).map(({ id, definition }) => ({ id, name: definition.name, changed: new Set(changedBy(definition, catalogue)) }));
  return changedBy(flow, catalogue).flatMap((place, index) => {
    const rival = place === undefined ? undefined : rivals.find(({ changed }) => changed.has(place));
    if (!rival) return [];
    const message =
      `changes what flow "${rival.name}" (${rival.id}) changes from the same event: both run, in no fixed ` +
      "order; of a field that both name the later value stays";
    return [{ path: at("actions", index), message }];
  });
}

/** Per action the object that it changes, as its path with the templates in it; undefined for one that changes none. */
function changedBy({ actions }: FlowDefinition, catalogue: Catalogue): (string | undefined)[] {
  return actions.map((action) => {
    if (action.type !== "clockify") return undefined;
    const operation = operationOf(catalogue, action.operation_id);
    if (!operation || operation.access !== "write" || operation.method === "POST") return undefined;
    if (fullReplaceOf(operation)?.isList) return undefined;
    const names = operation.pathParams.filter((name) => name !== "workspaceId");
    if (names.length === 0) return operation.path;
    return operation.path.replace(/\{([^{}/]+)\}/g, (_, name: string) => plain(action.path_params[name]));
  });
}

/** `{{ webhook.id }}`, `$.event.id` and `$.webhook.id` are one value. */
function plain(value: unknown): string {
  const inner = /^\{\{\s*(?:\$\.)?(.*?)\s*\}\}$/s.exec(String(value))?.[1];
  return (inner === undefined ? String(value) : `$.${inner}`).replace(/^\$\.event\b/, "$.webhook");
}
