/** Which flows a change of the catalogue touches: by the operations that they name, and those that are read for these. */

import type { CatalogueDiff } from "../../clockify/catalogue_diff.ts";
import { findOrCreateOf } from "../../clockify/find_or_create.ts";
import { fullReplaceOf } from "../../clockify/full_replace.ts";
import { builtinCatalogue, type Catalogue, type Operation, operationKey, shapeOf } from "../../clockify/operations.ts";
import type { FlowDefinition } from "../shape/definition.ts";
import { everyAction, topOf } from "../shape/steps.ts";

export interface TouchedAction {
  /** Position among the flow's steps, of it or of the one that holds it; its place, as in `actions[1].actions[0]`; and its id. */
  action: number;
  path: string;
  actionId: string;
  /** As the flow names the operation. */
  operation: string;
  /** `METHOD /path` of what changed: the operation itself, or one that is read for it. */
  key: string | null;
  /**
   * "removed": the catalogue in use has no such operation, so its next run fails. "ambiguous": the name stands for several
   * there. "changed": it is there, with differences.
   */
  effect: "removed" | "ambiguous" | "changed";
  /** A "changed" may be harmless. */
  breaking: boolean;
}

/** The actions of a flow that meet what the diff names, in their order. `catalogue` is the one in use. */
export function touchedActions(
  { actions }: Pick<FlowDefinition, "actions">,
  { catalogue, diff }: { catalogue: Catalogue; diff: CatalogueDiff },
): TouchedAction[] {
  const changed = new Map(
    diff.changed.map(({ operation, changes }) => [
      shapeOf(operationKey(operation)),
      // An action that names the path does not notice another id; one that names the id is found wanting below.
      changes.some(({ breaking, part }) => breaking && part !== "operation_id"),
    ]),
  );
  return [...everyAction(actions)].flatMap(({ step: action, place: path }) => {
    if (action.type !== "clockify") return [];
    const { operation_id: operation } = action;
    const place = { action: topOf(path), path, actionId: action.id, operation };
    return namesOf(operation).flatMap((name): TouchedAction[] => {
      const found = lookUp(catalogue, name);
      if (found === undefined || found === "ambiguous") {
        const was = lookUp(builtinCatalogue(), name);
        const key = was === undefined || was === "ambiguous" ? null : operationKey(was);
        return [{ ...place, key, effect: found ?? "removed", breaking: true }];
      }
      const breaking = changed.get(shapeOf(operationKey(found)));
      return breaking === undefined ? [] : [{ ...place, key: operationKey(found), effect: "changed", breaking }];
    });
  });
}

/** The operations that an action calls: ours find and create, a replace reads before it writes. */
function namesOf(name: string): string[] {
  const ours = findOrCreateOf(name);
  if (ours) return [ours.find, ours.create];
  const known = lookUp(builtinCatalogue(), name);
  const read = known === undefined || known === "ambiguous" ? undefined : fullReplaceOf(known)?.read;
  return read === undefined ? [name] : [name, read];
}

function lookUp(catalogue: Catalogue, name: string): Operation | "ambiguous" | undefined {
  try {
    return catalogue.find(name);
  } catch {
    return "ambiguous";
  }
}
