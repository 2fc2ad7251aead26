/** What the bodies of Clockify's events hold, as far as samples show: for people who write flows, never for checks. */

import data from "./event_fields_data.json" with { type: "json" };

export interface EventField {
  /** Into the body, as in `project.name`, `tags[*].id`. */
  path: string;
  /** A JSON type, or the format of a text: objectId, date-time, duration; `array<objectId>` for a list. */
  type: string;
  /** Where it takes few. */
  values?: readonly string[];
}

interface StoredFields {
  fields: Record<string, string>;
  values?: Record<string, string[]>;
}

const EVENTS = data.events as unknown as Record<string, StoredFields>;

/** Fields of the event's body; empty for one that nobody has seen. */
export function eventFields(event: string): EventField[] {
  const { fields = {}, values } = EVENTS[event] ?? {};
  return Object.entries(fields).map(([path, type]) => ({
    path,
    type,
    ...(values?.[path] && { values: values[path] }),
  }));
}
