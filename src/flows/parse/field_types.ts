/** The types of the fields that a flow's conditions name, by what is known of the events it listens for. */

import { eventFieldType } from "../../clockify/event_fields.ts";
import type { Path } from "../../engine/path.ts";
import type { ValueType } from "../../engine/value_type.ts";

/** By the names of the catalogue of fields; what is not here has no type of its own. */
const TYPES: Readonly<Record<string, ValueType>> = {
  objectId: "id",
  string: "text",
  email: "text",
  url: "text",
  tz: "text",
  color: "text",
  integer: "number",
  number: "number",
  money: "money",
  boolean: "boolean",
  duration: "duration",
  "date-time": "instant",
  object: "object",
};

/** The type that a field of this type of the catalogue has in conditions. */
export function valueTypeOf(type: string): ValueType | undefined {
  if (type.startsWith("array")) return "list";
  return Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
}

/**
 * The type of a field where every event that is known to have it agrees. Events of other systems, whose bodies are
 * not known, do not count: a value that is none of the type there is as a missing one.
 */
export function fieldTypes(events: readonly string[]): (path: Path) => ValueType | undefined {
  return ({ segments }) => {
    const [root, second] = segments;
    if (root?.kind !== "name") return undefined;
    if (root.name === "delivery") {
      return second?.kind === "name" && second.name === "receivedAt" && segments.length === 2 ? "instant" : undefined;
    }
    const field = root.name === "webhook" || root.name === "event" ? fieldOf(segments.slice(1)) : undefined;
    if (field === undefined) return undefined;
    const known = new Set(events.map((event) => eventFieldType(event, field)).filter((type) => type !== undefined));
    return known.size === 1 ? valueTypeOf([...known][0]!) : undefined;
  };
}

/** `tags[*].id`, as the catalogue spells it; undefined for a path that searches. */
function fieldOf(segments: Path["segments"]): string | undefined {
  let field = "";
  for (const segment of segments) {
    if (segment.kind === "descendant") return undefined;
    field += segment.kind === "name" ? (field === "" ? "" : ".") + segment.name : "[*]";
  }
  return field;
}
