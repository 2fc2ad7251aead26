/** What a search looks for in events and their bodies: words that occur, and fields that have a value. */

import { redactText } from "../telemetry/redact.ts";
import { type FieldFilter, hasField } from "./field.ts";
import { hasFields, hideFields } from "./payload.ts";
import { readBody } from "./read_body.ts";

/** `not`: where it must not hold. Words in small letters. */
export type BodyTerm = { not: boolean } & ({ words: string } | { field: FieldFilter });

export interface BodySearch {
  /** All must hold. */
  terms: readonly BodyTerm[];
  /** True for members: what they may not read they may not look for. */
  redacted: boolean;
}

/** An event as a search reads it. */
export interface SearchedEvent {
  id: number;
  event_type: string;
  custom_type: string | null;
  custom_source: string | null;
  content_type: string | null;
  entity_key: string;
  /** Null where it has more bytes than a search reads: then what the row says is looked at alone. */
  body: Uint8Array | null;
}

/** True where all terms hold. Words occur in texts and numbers of the body, and in what the row says; in any case. */
export function holdsAll(event: SearchedEvent, { terms, redacted }: BodySearch): boolean {
  const payload = payloadOf(event, redacted);
  const wanted = terms.flatMap((term) => "words" in term ? [term.words] : []);
  const occurring = wordsIn(
    [event.id, event.event_type, event.custom_type, event.custom_source, entityOf(event), payload],
    { wanted, redacted },
  );
  return terms.every((term) => {
    const holds = "words" in term ? occurring.has(term.words) : hasField(payload, term.field, redacted);
    return holds !== term.not;
  });
}

/** Undefined where the reader is shown no fields of it: in other text, secrets cannot be distinguished. */
function payloadOf(
  { body, custom_source: customSource, content_type: contentType }: SearchedEvent,
  redacted: boolean,
): unknown {
  if (body === null) return undefined;
  const read = readBody({ body, customSource, contentType });
  if (hasFields(read)) return redacted ? hideFields(read.value) : read.value;
  return read.form === "text" && !redacted ? read.value : undefined;
}

/** One that stands for a body without an entity is no name. */
function entityOf({ entity_key }: SearchedEvent): string | null {
  return entity_key.startsWith("body:") ? null : entity_key;
}

/** Which of the words occur in the values and below them. With a stack of our own: bodies nest deep. */
function wordsIn(
  values: unknown[],
  { wanted, redacted }: { wanted: readonly string[]; redacted: boolean },
): ReadonlySet<string> {
  const found = new Set<string>();
  const missing = new Set(wanted);
  while (values.length > 0 && missing.size > 0) {
    const value = values.pop();
    if (typeof value === "object" && value !== null) {
      for (const one of Array.isArray(value) ? value : Object.values(value)) values.push(one);
    }
    if (typeof value !== "string" && typeof value !== "number") continue;
    const text = String(value);
    const here = occurringIn(text, missing);
    // Redacted only where there is something to find: it takes far longer than to look.
    for (const word of redacted && here.length > 0 ? occurringIn(redactText(text), here) : here) {
      missing.delete(word);
      found.add(word);
    }
  }
  return found;
}

function occurringIn(text: string, words: Iterable<string>): string[] {
  const small = text.toLowerCase();
  return [...words].filter((word) => small.includes(word));
}
