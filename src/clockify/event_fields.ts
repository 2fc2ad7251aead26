/**
 * What the bodies of Clockify's events hold, as far as samples show: for people who write flows, and for reading the values
 * that they compare fields with. A field that is not here may be there all the same.
 */

import data from "./event_fields_data.json" with { type: "json" };

export interface EventField {
  /** Into the body, as in `project.name`, `tags[*].id`. */
  path: string;
  /** A JSON type, the format of a text (objectId, date-time, duration), or money; `array<objectId>` for a list. */
  type: string;
  /** Where it takes few. */
  values?: readonly string[];
}

interface StoredFields {
  fields: Record<string, string>;
  values?: Record<string, string[]>;
}

const EVENTS = data.events as unknown as Record<string, StoredFields>;

/** What samples do not show: they held null there, or a whole number without saying of what. */
const TIMES: Readonly<Record<string, string>> = {
  "timeInterval.start": "date-time",
  "timeInterval.end": "date-time",
  "timeInterval.duration": "duration",
};
/** Amounts are whole numbers of the smallest unit of a currency. */
const MONEY = /(?:^|\.)(?:amount|subtotal|discountAmount|taxAmount|tax2Amount|unitPrice|total)$/;

/** Fields of the event's body; empty for one without a sample. */
export function eventFields(event: string): EventField[] {
  const { fields = {}, values } = EVENTS[event] ?? {};
  return Object.entries(fields).map(([path, type]) => ({
    path,
    type: knownType(path, type),
    ...(values?.[path] && { values: values[path] }),
  }));
}

/** The type of the field at `path`, as in `tags[*].id`, in the bodies of the event; undefined where samples show none. */
export function eventFieldType(event: string, path: string): string | undefined {
  const fields = EVENTS[event]?.fields;
  if (!fields || !Object.hasOwn(fields, path)) return undefined;
  return knownType(path, fields[path]!);
}

function knownType(path: string, type: string): string {
  if (type === "integer" && MONEY.test(path)) return "money";
  return Object.hasOwn(TIMES, path) ? TIMES[path]! : type;
}
