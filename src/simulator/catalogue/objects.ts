/** Objects of the operations that no family serves by hand: kept per workspace and collection, with every field of their shape. */

import type { AnswerField } from "../../clockify/answer_fields.ts";
import { type Item, stableId } from "../items.ts";
import type { Workspace } from "../workspace_data.ts";

/** How many a collection holds at first. */
const SEEDED = 3;
/** A collection takes no more, so that a test that loops cannot fill the memory. */
const MAX_ITEMS = 10_000;

const held = new WeakMap<Workspace, Map<string, Item[]>>();

export interface ShapeOf {
  /** Path of the collection with its ids, e.g. `/v1/workspaces/68ef/kiosks`. */
  collection: string;
  fields: readonly AnswerField[];
}

/** The items of a collection, the same ones at the start of each run. */
export function collectionOf(workspace: Workspace, { collection, fields }: ShapeOf): Item[] {
  const collections = held.get(workspace) ?? held.set(workspace, new Map()).get(workspace)!;
  const known = collections.get(collection);
  if (known) return known;
  const seeded = Array.from(
    { length: SEEDED },
    (_, index) => plausibleItem(workspace, { collection, fields }, stableId(workspace, `${collection} ${index}`)),
  );
  collections.set(collection, seeded);
  return seeded;
}

export function addItem(items: Item[], item: Item): void {
  items.push(item);
  if (items.length > MAX_ITEMS) items.shift();
}

/** A whole item: a value of its type for each field of the shape. */
export function plausibleItem(workspace: Workspace, { collection, fields }: ShapeOf, id: string): Item {
  const noun = collection.split("/").at(-1)!;
  return { ...Object.fromEntries(fields.map((field) => [field.name, plausible(workspace, field, noun)])), id };
}

/** Dates of one day, names by the collection, ids of the workspace's first objects, empty lists and objects. */
function plausible(workspace: Workspace, { name, type }: AnswerField, noun: string): unknown {
  if (name === "workspaceId") return workspace.id;
  if (/^(user|creator|author)Id$/.test(name)) return [...workspace.users.keys()][0] ?? null;
  if (name === "projectId") return [...workspace.projects.keys()][0] ?? null;
  if (name === "clientId") return [...workspace.clients.keys()][0] ?? null;
  switch (type) {
    case "integer":
    case "number":
      return 0;
    case "boolean":
      return false;
    case "array":
      return [];
    case "object":
      return {};
    case "date-time":
      return "2026-11-16T09:00:00Z";
    default:
      if (/Id$/.test(name)) return stableId(workspace, `${noun} ${name}`);
      return /(At|[dD]ate)$/.test(name) ? "2026-11-16T09:00:00Z" : `${noun} ${name}`;
  }
}
