/** What is wrong with a body, place by place, in words for people where its schema has none of its own. */

import { z } from "zod";
import type { Fault } from "../../engine/faults.ts";
import { MAX_FAULTS, unknownField } from "../server/unknown_field.ts";

const NOUNS: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "a list",
};

/** Parses; `faults` has the first 20, fields that the schema does not know by their name and what may have been meant. */
export function readForm<Output>(
  schema: z.ZodType<Output>,
  input: unknown,
): { ok: true; value: Output } | { ok: false; faults: Fault[] } {
  const parsed = schema.safeParse(input, { error: wordsOf });
  if (parsed.success) return { ok: true, value: parsed.data };
  const faults = parsed.error.issues.flatMap((issue): Fault[] => {
    const path = issue.path.join(".");
    if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
    const known = issue.path.length === 0 ? fieldsOf(schema) : [];
    return issue.keys.slice(0, MAX_FAULTS).map((key) => unknownField(key, { path, known }));
  });
  return { ok: false, faults: faults.slice(0, MAX_FAULTS) };
}

/** Names of the fields of an object; none of other schemas. */
function fieldsOf(schema: z.ZodType): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** Of issues whose schema has no message; undefined leaves zod's own. */
function wordsOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type": {
      const noun = NOUNS[issue.expected] ?? `of the type ${issue.expected}`;
      return issue.input === undefined ? `is needed: ${noun}` : `must be ${noun}`;
    }
    case "invalid_value":
      return oneOf(issue.values);
    case "too_small":
      return bound("least", issue.origin, issue.minimum);
    case "too_big":
      return bound("most", issue.origin, issue.maximum);
    case "invalid_union":
      if (issue.discriminator !== undefined && issue.inst instanceof z.ZodDiscriminatedUnion) {
        return oneOf([...issue.inst._zod.propValues[issue.discriminator]!]);
      }
      return issue.input === undefined ? "is needed" : "has none of the forms that it may have";
    default:
      return undefined;
  }
}

function oneOf(values: readonly unknown[]): string {
  // Undefined is among those of a discriminator that may be absent; who sent a value is not helped by it.
  return `must be ${values.filter((value) => value !== undefined).map((value) => JSON.stringify(value)).join(" or ")}`;
}

function bound(which: "least" | "most", origin: string, count: number | bigint): string {
  if (origin === "string") return `must be text of at ${which} ${count} characters`;
  if (origin === "array" || origin === "set") return `must hold at ${which} ${count}`;
  return `must be at ${which} ${count}`;
}
